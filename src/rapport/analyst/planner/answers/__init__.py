"""The answers: one generator for each intent. In: a Reading. Out: tool calls, then a text in which every figure is a tool's."""
