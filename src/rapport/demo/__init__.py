"""The demo tenant: a shop, a bank, a travel desk and a developer platform whose assistants talked to 120 people for 60 days.

In: the moment that the story ends, and a seed. Out: the API requests that tell it, in an order that can be sent to a
running server, and the truths that were planted in it. Pure: no clock, no network, no database; imports only `domain`.
"""

from rapport.demo.requests import requests
from rapport.demo.truths import Truths, truths

__all__ = ["Truths", "requests", "truths"]
