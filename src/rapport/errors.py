"""Every error that Rapport raises on purpose, on one screen.

RapportError
├── Invalid              400  ├── Unauthorized   401  ├── Forbidden      403  ├── NotFound      404
├── Conflict             409  │   └── SessionBusy, ModelNeeded  ├── Gone    410  ├── TooLarge      413
├── RateLimited          429  │   └── TokenLimitExceeded, BudgetSpent
├── ModelError           502  ├── ModelUnavailable 503  ├── ModelTimeout 504  ├── ModelRefused 502
├── ToolError            (goes back to the model as that tool's result)
├── ProviderError        502  (a ticket system or webhook target)  └── ProviderNeedsSetup 409
├── Cancelled, Interrupted    (how a run ended)
├── EncoderUnavailable   503  · EncoderUnusable 500
└── DatabaseUnavailable  503

A class's docstring is its default message; `code` is stable and goes on the wire; `status` is the HTTP status. Messages name settings
as config.py does (`model` is RAPPORT_MODEL) and never the product: tenants serve them under their own name.
"""

from collections.abc import Mapping, Sequence


class RapportError(Exception):
    """Something went wrong in the server; its log has the details."""

    status = 500
    code = "internal_error"
    retryable = False

    def __init__(
        self, message: str | None = None, *, details: Sequence[dict] = (), retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ):  # fmt: skip
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.details = tuple(details)
        self.retry_after_s = retry_after_s
        self.headers = dict(headers or {})
        super().__init__(self.message)


class Invalid(RapportError):
    """The request breaks a documented rule."""

    status = 400
    code = "validation_error"


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key was used with another body; use a new key for a new request."""

    code = "idempotency_key_reuse"


class Unauthorized(RapportError):
    """Send a valid key as `Authorization: Bearer <key>`; administrators make keys, the command `key create` the first one."""

    status = 401
    code = "unauthorized"


class Forbidden(RapportError):
    """This key may not do that."""

    status = 403
    code = "forbidden"


class SegmentQuotaReached(Forbidden):
    """This plan has no custom segment left; delete one, or change the plan. `details` hold the limit and how many there are."""

    code = "segment_quota_reached"


class PlanRequired(Forbidden):
    """This feature needs the Growth plan or higher."""

    code = "plan_required"


class NotFound(RapportError):
    """There is no such thing here."""

    status = 404
    code = "not_found"


class Conflict(RapportError):
    """That clashes with what is stored."""

    status = 409
    code = "conflict"


class SessionBusy(Conflict):
    """This conversation is still being answered; wait for the end of its run, or stop it."""

    code = "session_busy"


class ModelNeeded(Conflict):
    """This needs a language model; the settings `model` and `analysis_model` name one."""

    code = "needs_model"


class Gone(RapportError):
    """That is no longer kept."""

    status = 410
    code = "gone"


class TooLarge(RapportError):
    """The request body is too large."""

    status = 413
    code = "too_large"


class RateLimited(RapportError):
    """The hourly limit is reached."""

    status = 429
    code = "rate_limited"


class TokenLimitExceeded(RateLimited):
    """The hourly token budget of this tenant is used up."""

    code = "token_limit_exceeded"


class BudgetSpent(RateLimited):
    """The product's daily token budget for judging conversations is spent."""

    code = "budget_spent"


class ModelError(RapportError):
    """The language model answered with an error."""

    status = 502
    code = "model_error"


class ModelUnavailable(ModelError):
    """The language model cannot be reached; check the setting `model` and that its server runs."""

    status = 503
    code = "model_unavailable"
    retryable = True


class ModelTimeout(ModelError):
    """The language model took too long to answer."""

    status = 504
    code = "timeout"
    retryable = True


class ModelRefused(ModelError):
    """The language model declined to answer."""

    code = "model_refused"


class LimitReached(RapportError):
    """The run reached its limit of steps, tokens or seconds."""

    code = "max_steps_exceeded"


class ToolError(RapportError):
    """The tool could not do that; the model is told why and may try again."""

    code = "tool_error"


class ProviderError(RapportError):
    """The connected service answered with an error; nothing was lost, try again."""

    status = 502
    code = "provider_error"
    retryable = True


class ProviderNeedsSetup(ProviderError):
    """No ticket system is connected; connect one under /api/admin/v1/connections."""

    status = 409
    code = "provider_needs_setup"
    retryable = False


class Cancelled(RapportError):
    """The run was stopped."""

    code = "cancelled"


class Interrupted(RapportError):
    """The server stopped before the run had ended; ask again."""

    code = "interrupted"
    retryable = True


class ServerShutdown(Interrupted):
    """The server is shutting down; ask again in a moment."""

    status = 503
    code = "server_shutdown"


class DatabaseUnavailable(RapportError):
    """PostgreSQL cannot be reached or started."""

    status = 503
    code = "database_unavailable"
    retryable = True


class EncoderUnavailable(RapportError):
    """The sentence encoder could not be fetched; the lexical methods are used instead."""

    status = 503
    code = "encoder_unavailable"
    retryable = True


class EncoderUnusable(RapportError):
    """The folder in RAPPORT_ENCODER holds no encoder that can be used; `off` uses the lexical methods."""

    code = "encoder_unusable"
