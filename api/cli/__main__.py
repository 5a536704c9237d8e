"""``python -m api.cli``: what ``up`` starts its children with."""

from api.cli import program

if __name__ == "__main__":
    program()
