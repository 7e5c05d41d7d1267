"""People are recognised by session or address, and neither of them is kept."""

from __future__ import annotations

from types import SimpleNamespace

from vgpnn.service.people import Person, person_of


def sender(session: str, host: str) -> Person:
    return person_of(SimpleNamespace(session_hash=session, client=SimpleNamespace(host=host)))


def test_a_person_is_a_session_or_an_address():
    ada = sender("tab 1", "192.0.2.1")
    assert ada.is_same(sender("tab 2", "192.0.2.1")) and ada.is_same(sender("tab 1", "192.0.2.9"))
    assert not ada.is_same(sender("tab 2", "192.0.2.9"))


def test_the_first_half_of_an_ipv6_address_is_a_household():
    ada = sender("tab 1", "2001:db8:1:2::3")
    assert ada.is_same(sender("tab 2", "2001:db8:1:2:ffff::9"))
    assert not ada.is_same(sender("tab 2", "2001:db8:1:3::3"))


def test_an_ipv4_address_is_the_same_when_it_is_written_as_ipv6():
    assert sender("tab 1", "::ffff:192.0.2.1").is_same(sender("tab 2", "192.0.2.1"))
    assert not sender("tab 1", "::ffff:192.0.2.1").is_same(sender("tab 2", "192.0.2.2"))


def test_without_a_request_each_is_somebody_new():
    assert not person_of(None).is_same(person_of(None))


def test_nothing_of_session_and_address_is_kept():
    ada = sender("tab 1", "192.0.2.1")
    assert "192" not in ada.address and "tab" not in repr(ada)
    assert len(ada.session) == len(ada.address) == 32


def test_a_port_that_a_proxy_adds_does_not_count():
    assert sender("tab 1", "192.0.2.1:5001").is_same(sender("tab 2", "192.0.2.1"))
    assert sender("tab 1", "[2001:db8::1]:5001").is_same(sender("tab 2", "2001:db8::2"))
    assert not sender("tab 1", "192.0.2.1:5001").is_same(sender("tab 2", "192.0.2.2:5001"))
