"""What a run has used so far: counted while it goes, so that an interrupted run is accounted for as well."""

from rapport.domain.events import Usage


class Meter:
    """Tokens and tool calls of one run."""

    __slots__ = ("estimated", "input_tokens", "model_calls", "output_tokens", "tool_calls", "tools")

    def __init__(self) -> None:
        self.input_tokens = 0
        self.output_tokens = 0
        self.estimated = False
        self.model_calls = 0
        self.tool_calls = 0
        self.tools: list[str] = []  # distinct, in the order of first use

    def next_step(self, tool: str) -> int:
        """Count a call of `tool`; its step, from 1."""
        self.tool_calls += 1
        if tool not in self.tools:
            self.tools.append(tool)
        return self.tool_calls

    def count_tokens(self, *, input_tokens: int, output_tokens: int, estimated: bool) -> None:
        """Add one model call."""
        self.model_calls += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.estimated = self.estimated or estimated

    def usage(self) -> Usage:
        return Usage(
            input_tokens=self.input_tokens, output_tokens=self.output_tokens, tool_calls=self.tool_calls,
            tools=tuple(self.tools), estimated=self.estimated,
        )  # fmt: skip
