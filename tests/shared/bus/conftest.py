"""The small service, on a database of its own per test, with or without a vhost in which only its queues are."""

from pathlib import Path

HERE = Path(__file__).parent / "small"
