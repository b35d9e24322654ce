"""White label: what takes the place of this product's name on everything that is served for a tenant."""

import re
from dataclasses import dataclass

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+{_LABEL}")


@dataclass(frozen=True, slots=True)
class Brand:
    """`tenant_id` is None for the product's own. `primary_color` is #rrggbb; `domains` are in lower case, the first one is for links."""

    tenant_id: int | None
    name: str
    primary_color: str | None = None
    logo_url: str | None = None
    domains: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """The name as one word for headers such as User-Agent: letters, digits and dashes."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.name).strip("-") or "Server"


OWN = Brand(None, "Rapport")


def host_name(host: str) -> str:
    """The name of a Host header: without port, in lower case, without the final dot."""
    name = host.strip().lower()
    name = name.split("]")[0].lstrip("[") if name.startswith("[") else name.rsplit(":", 1)[0] if name.count(":") == 1 else name
    return name.rstrip(".")


def may_be_claimed(domain: str) -> bool:
    """Whether a tenant may have this domain: a full name of the DNS, not an address and not a name of one word such as localhost."""
    name = domain.lower()
    return len(name) <= 253 and bool(_DOMAIN.fullmatch(name)) and not name.rsplit(".", 1)[1].isdigit()
