"""A peer of `python -m bench agents`: AgentOS with one agent and its SQLite store. Runs in a virtualenv of its own.

`python -m bench.agno_app PORT MODEL_PORT FOLDER`, with FOLDER for its database.
"""

import sys


def main() -> None:
    import uvicorn
    from agno.agent import Agent
    from agno.db.sqlite import AsyncSqliteDb
    from agno.models.openai.like import OpenAILike
    from agno.os import AgentOS

    port, model_port, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    model = OpenAILike(id="m", base_url=f"http://127.0.0.1:{model_port}/v1", api_key="none")
    agent = Agent(id="ada", name="Ada", model=model, db=AsyncSqliteDb(db_file=f"{folder}/agno.db"), telemetry=False)
    app = AgentOS(agents=[agent], telemetry=False).get_app()
    uvicorn.run(app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="error", access_log=False, backlog=2048)


if __name__ == "__main__":
    main()
