"""Who asks for a person: the many ways to say so, and the persons that are only spoken of."""

import pytest
from tests.analysis.conversations import LEXICAL, conversation

from rapport.analysis import handover, pipeline
from rapport.domain.analysis import Analysis

ASKED = """
You never sent the invoice. Send it today or get me a manager.
put me through to someone
Is there anyone real I can speak to?
connect me with your supervisor
Let me talk to a human
can i speak with a person
agent please
This is no use, get me your boss!
I'd like someone from support to call me
Are you a bot? I want a human
Who can I talk to about this?
Transfer me.
can you escalate this
I'm done talking to a machine
Why don't you connect me to a human?
Isn't there a person I can talk to?
Could you have somebody call me back
Please arrange a callback
I insist on speaking with a supervisor
Is a real person available?
I need to talk to customer service
""".strip().splitlines()

SPOKEN_OF = """
I need a manager for my project
I want to speak to my doctor about this
I am looking for a real estate agent
What does a product manager do?
How do I add a manager to my account?
I talked to a representative yesterday
No need to transfer me, it works now
I don't need a human, you're doing fine
They told me to talk to support
What is a callback function?
Transfer me 50 dollars from savings
How much is it per person?
What is the phone number of human resources?
Can somebody help me with this?
The agent at the desk was rude
Connect my phone to the car
I need a representative sample
Can you call me a cab?
Is there live music?
""".strip().splitlines()


@pytest.mark.parametrize("said", ASKED)
def test_a_request_for_a_person_is_heard(said: str):
    assert handover.asked(said)


@pytest.mark.parametrize("said", SPOKEN_OF)
def test_a_person_who_is_spoken_of_is_no_request(said: str):
    assert handover.asked(said) is None


def test_the_request_is_told_with_its_words():
    said = "Please book this now or get me a manager."
    [result] = pipeline.analyse([conversation(("user", "Book it."), ("assistant", "Here is our menu."), ("user", said))], LEXICAL)
    assert isinstance(result, Analysis)
    assert result.handover_requested
    assert any(item.signal == "asked for a person" and item.text == "get me a manager" for item in result.evidence)
