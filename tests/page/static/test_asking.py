"""Blocks ask the server once for changes that come together, and only while their tab is open."""

from __future__ import annotations

import json

import pytest

PAGE = """<div id='page-data' data-json='{data}'></div>
<button role=tab aria-selected=true>First</button><button role=tab>Second</button>
<div id='asker-first'><p></p></div><div id='asker-second'><p></p></div><div id='sizes'><p></p></div>
"""
START = """async () => {
  window.asked = [];
  window.module = await import('/static/vgpnn/asking.js');
  for (const element of document.querySelectorAll('p')) {
    module.start({element, trigger: name => asked.push([element.parentElement.id, name])});
  }
}"""
# After so many changes of each block: which of them ask.
CHANGE = """async times => {
  asked.length = 0;
  for (let k = 0; k < times; k++) {
    module.changed('asker-first', 'first');
    module.changed('asker-second', 'second');
    module.changed('sizes', '');
    module.changed('not-there', '');
  }
  await new Promise(over => setTimeout(over, 400));
  return asked;
}"""


@pytest.fixture
def page(browser, server):
    """A document of the server with two tabs, of which the first is open, and three blocks."""
    page = browser.new_page()
    page.goto(f"{server.url}healthz")
    data = json.dumps({"tabs": [["first", "First"], ["second", "Second"]]})
    page.set_content(PAGE.format(data=data))
    page.evaluate(START)
    yield page
    page.close()


def test_changes_that_come_together_are_asked_about_once(page):
    assert page.evaluate(CHANGE, 5) == [["asker-first", "select"], ["sizes", "select"]]
    assert page.evaluate(CHANGE, 1) == [["asker-first", "select"], ["sizes", "select"]]


def test_a_block_that_is_made_after_the_change_asks_then(page):
    asked = page.evaluate(
        """async () => {
          module.changed('late', '');
          await new Promise(over => setTimeout(over, 400));
          document.body.insertAdjacentHTML('beforeend', "<div id='late'><p></p></div>");
          const element = document.querySelector('#late p'), names = [];
          const block = {element, trigger: name => names.push(name)};
          for (let k = 0; k < 2; k++) module.start(block);
          return names;
        }"""
    )
    assert asked == ["select"]


def test_a_block_of_a_tab_that_is_opened_meanwhile_asks(page):
    page.evaluate(
        "setTimeout(() => document.querySelectorAll('button').forEach("
        "(tab, k) => tab.setAttribute('aria-selected', String(k === 1))), 50)"
    )
    assert page.evaluate(CHANGE, 1) == [["asker-second", "select"], ["sizes", "select"]]
