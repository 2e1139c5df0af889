"""Makes the chat template fixtures: conversations rendered by transformers (Python's jinja2).

    python test/reference/make_templates.py            writes test/fixtures/templates/expected.json
    python test/reference/make_templates.py --check    compares with what is there, writes nothing
    python test/reference/make_templates.py FILE ...   prints the same for other templates

Every template meets every conversation; where it raises an exception, `error` has its words.
"""

import argparse
import json
import sys
from pathlib import Path

from jinja2.exceptions import TemplateError
from transformers.utils.chat_template_utils import render_jinja_template

SQUARE = {
    "type": "function",
    "function": {
        "name": "square",
        "description": "The square of a number; 2² = 4, \"quoted\" & <b>bold</b> it's.",
        "parameters": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"], "nothing": None},
    },
}
CALL = {"type": "function", "function": {"name": "square", "arguments": {"x": 3, "label": "größe\n\"3\"", "list": [1, True, None]}}}
SYSTEM = {"role": "system", "content": " Think step by step.\n"}
QUESTION = {"role": "user", "content": "What is 12*13?\n\n  Tell me. "}
THOUGHT = {"role": "assistant", "content": "<think>\n12*13 = 156\n</think>\n\nIt is 156."}
AGAIN = {"role": "user", "content": "Und 3²? 你好 👩‍🚀"}
REPLY = {"role": "tool", "name": "square", "content": "9"}

CONVERSATIONS = {
    "question": ([QUESTION], {}),
    "system": ([SYSTEM, QUESTION], {}),
    "turns": ([SYSTEM, QUESTION, THOUGHT, AGAIN], {}),
    "answered": ([QUESTION, THOUGHT], {}),
    "reasoning": ([QUESTION, {"role": "assistant", "content": "156", "reasoning_content": "\nhm\n"}], {}),
    "tools": ([SYSTEM, QUESTION], {"tools": [SQUARE]}),
    "call": ([QUESTION, {"role": "assistant", "content": "", "tool_calls": [CALL]}, REPLY], {"tools": [SQUARE, SQUARE]}),
    "replies": ([AGAIN, {"role": "assistant", "content": "Two.", "tool_calls": [CALL, CALL]}, REPLY, REPLY, THOUGHT], {}),
    "variables": ([QUESTION], {"enable_thinking": False, "date_string": "23 Nov 2026"}),
    "empty": ([{"role": "user", "content": ""}], {}),
    "not alternating": ([QUESTION, AGAIN], {}),
    "unknown role": ([QUESTION, {"role": "critic", "content": "no"}], {}),
}


def render(template: str, conversation: str, prompt: bool) -> dict:
    messages, variables = CONVERSATIONS[conversation]
    variables = dict(variables)
    tools = variables.pop("tools", None)
    row = {"conversation": conversation, "addGenerationPrompt": prompt}
    try:
        rendered, _ = render_jinja_template(
            [messages], tools=tools, chat_template=template, add_generation_prompt=prompt,
            bos_token="<bos>", eos_token="<eos>", **variables,
        )
        return row | {"text": rendered[0]}
    except TemplateError as error:
        return row | {"error": str(error)}


def rows(template: str) -> list[dict]:
    return [render(template, name, prompt) for name in CONVERSATIONS for prompt in (False, True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")
    parser.add_argument("files", nargs="*", type=Path, help="other templates; the result is printed")
    options = parser.parse_args()
    folder = Path(__file__).resolve().parent.parent / "fixtures" / "templates"
    files = options.files or sorted(folder.glob("*.jinja"))
    conversations = {name: {"messages": messages, "variables": variables} for name, (messages, variables) in CONVERSATIONS.items()}
    expected = {"conversations": conversations, "templates": {file.name: rows(file.read_text(encoding="utf-8")) for file in files}}
    text = json.dumps(expected, indent=1, ensure_ascii=False) + "\n"
    if options.files:
        print(text, end="")
    elif not options.check:
        (folder / "expected.json").write_text(text, encoding="utf-8")
    elif (folder / "expected.json").read_text(encoding="utf-8") != text:
        sys.exit("templates/expected.json differs")


if __name__ == "__main__":
    main()
