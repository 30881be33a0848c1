"""The guards of how often, how many and how long: pure limits and the store that keeps them."""

from __future__ import annotations

from tests.guards.guard import Group

_rate = Group("relay/core/rate.py", "tests/core/test_rate.py")
_limits = Group("relay/core/limits.py", "tests/core/test_limits.py")
_booking = Group("relay/core/booking.py", "tests/core/test_booking.py")
_admission = Group(
    "relay/admission.py", "tests/test_admission.py tests/web/test_limits.py tests/store/test_limits.py"
)
_attempts = Group("relay/store/attempts.py", "tests/store/test_attempts.py")
_days = Group("relay/store/days.py", "tests/store/test_days.py")
_calls = Group(
    "relay/store/calls.py", "tests/store/test_limits.py tests/store/test_days.py tests/store/test_calls.py"
)
_sqlite = Group(
    "relay/store/sqlite.py", "tests/store/test_attempts.py tests/store/test_days.py tests/store/test_held.py"
)
_caller_key = Group("relay/store/caller_key.py", "tests/store/test_caller_key.py")
_transaction = Group("relay/store/transaction.py", "tests/store/test_held.py")
_secrets = Group("relay/upstream/secrets.py", "tests/upstream/test_secrets.py")
_gathering = Group("relay/store/gathering.py", "tests/store/test_gathering.py")
_clocks = Group("relay/core/clocks.py", "tests/core/test_clocks.py")
_ledger = Group("relay/ledger.py", "tests/test_watch_presence.py tests/test_exchange_at_hand.py")
_watch = Group("relay/watch.py", "tests/test_watch_presence.py")
_supervisor = Group("relay/supervisor.py", "tests/web/test_limits.py tests/test_supervisor.py")

LIMITS = (
    _rate.instead("the rate itself", "if used >= rate.most:", "if used > rate.most:"),
    _rate.instead(
        "a step is rounded up",
        "leaves = -(-(now + 1 + window) // step) * step",
        "leaves = (now + 1 + window) // step * step",
    ),
    _rate.instead(
        "a part of a millisecond counts",
        "leaves = -(-(now + 1 + window) // step) * step",
        "leaves = -(-(now + window) // step) * step",
    ),
    _rate.instead("what is remembered is bounded", "step = max(1, window // _STEPS)", "step = 1"),
    _rate.instead(
        "an earlier reading of the clock",
        "if live and live[-1][0] >= leaves:",
        "if live and live[-1][0] == leaves:",
    ),
    _rate.instead("a clock that was set back", "if now < step[0] <= now + 2 * window)", "if now < step[0])"),
    _limits.never("a pause keeps everybody out", "usage.paused"),
    _limits.never("calls of a caller", "ceiling.per_caller and usage.of_caller >= ceiling.per_caller"),
    _limits.never(
        "calls of a caller with one profile",
        "ceiling.per_caller_of_profile and usage.of_profile >= ceiling.per_caller_of_profile",
    ),
    _limits.never(
        "money of a caller",
        "ceiling.day_picos_per_caller and usage.picos_of_caller >= ceiling.day_picos_per_caller",
    ),
    _limits.instead(
        "money of a caller that is spent to the last",
        "usage.picos_of_caller >= ceiling.day_picos_per_caller",
        "usage.picos_of_caller > ceiling.day_picos_per_caller",
    ),
    _limits.never("money in all", "ceiling.day_picos_total and usage.picos_total >= ceiling.day_picos_total"),
    _limits.instead(
        "money in all that is spent to the last",
        "usage.picos_total >= ceiling.day_picos_total",
        "usage.picos_total > ceiling.day_picos_total",
    ),
    _limits.never(
        "calls in all", "limit is Limit.MINUTES and ceiling.total and usage.total >= ceiling.total"
    ),
    _limits.instead(
        "a call is cut to what is left", "granted = min(granted, _left", "granted = max(granted, _left"
    ),
    _limits.never("no minutes are left", "granted < least"),
    _limits.instead("too little is not enough", "if granted < least:", "if granted < 1:"),
    _limits.instead(
        "a call over midnight",
        "today if today < until_midnight else until_midnight + max(0, tomorrow)",
        "today",
    ),
    _booking.never(
        "a call that never was books nothing", "call.state is State.ENDED and call.upstream_id is None"
    ),
    _booking.instead(
        "a call over midnight books on both days",
        "days[day] = min(milliseconds, room)",
        "days[day] = milliseconds",
    ),
    _booking.instead(
        "an open call books all it may last", "return round(call.max_seconds * 1000)", "return 0"
    ),
    _admission.never("a used ticket is refused", "admission.limit is Limit.TICKET_USED"),
    _admission.never("a limit is a refusal", "admission.limit is not None"),
    _attempts.instead(
        "callers that are remembered", "if found is None and tally.measured(db) >= MOST_CALLERS:", "if False:"
    ),
    _attempts.gone("spent rows make room", "purge(db, now, _DROPPED_AT_ONCE)"),
    _attempts.gone("rows are counted", "tally.change_measured(db, 1)"),
    _attempts.gone("rows that are gone are counted", "tally.change_measured(db, -len(spent))"),
    _attempts.never("a clock of another boot", "since == math.inf or is_spent(row.recent, since)"),
    _attempts.never("an attempt is counted", "standing.allowed"),
    _sqlite.instead(
        "a refusal writes nothing",
        "if not standing.allowed:  # a flood of refusals writes nothing\n            return standing",
        "pass",
    ),
    _sqlite.gone("attempts are forgotten", "attempts.purge(db, now, limit)"),
    _sqlite.gone("days are forgotten", "days.purge(db, day_of(now), limit)"),
    _days.instead(
        "callers of a day", "if caller not in found and callers >= MOST_CALLERS else", "if False else"
    ),
    _days.never("a day that is forgotten", "page.is_new and milliseconds < 0"),
    _days.instead("yesterday is kept", "_DAYS_KEPT = 2", "_DAYS_KEPT = 1"),
    _calls.gone("an open call takes a place", "tally.change(db, None, call)"),
    _calls.gone("an open call takes time", "days.change(db, None, call)"),
    _calls.gone("every way out gives the place back", "tally.change(db, before, after)"),
    _calls.gone("every way out gives the time back", "days.change(db, before, after)"),
    _calls.gone("a call is written as it was cut", "call = replace(call, max_seconds=admission.max_seconds)"),
    _calls.instead("tomorrow's room is read", "if over_midnight else (0, 0)", "if False else (0, 0)"),
    _transaction.gone("a store that is held is not waited for again", "self._is_held = True"),
    _supervisor.gone(
        "the worker's own copy is cut too", "call = replace(call, max_seconds=admission.max_seconds)"
    ),
    _caller_key.never("a key that can be guessed", "len(key) < _BYTES"),
    _caller_key.never("a key that others can read", "path.stat().st_mode & _OTHERS"),
    _supervisor.gone("a pause keeps client secrets in", "await self.check_not_paused()"),
    _secrets.instead("a short life is not due at once", ", (usable_until - began) / 2)", ", 1e9)"),
    _secrets.instead("plans that are kept warm", "itertools.islice(wished.items(), MOST_KEPT)", "wished"),
    _secrets.instead("mints of warm plans at once", "_AT_ONCE = 8", "_AT_ONCE = 10**6"),
    _gathering.never("who is refused again takes no lock", "caller in self._refused"),
    _gathering.never("only so many who were refused are remembered", "len(self._refused) >= MOST_REFUSED"),
    _gathering.instead(
        "wishes in one transaction",
        "self._wishes[:MOST_AT_ONCE], self._wishes[MOST_AT_ONCE:]",
        "self._wishes, []",
    ),
    _gathering.instead("who has gone is not written down", "if not wish.outcome.done()]", "]"),
    _gathering.instead("one wish that fails", "elif begun:", "elif False:"),
    _gathering.instead("a store that is held is waited for once", "elif begun:", "elif True:"),
    _gathering.instead("a refusal is one caller's", "set_exception(copy(fault))", "set_exception(fault)"),
    _gathering.instead("what is waited for when the store closes", "while self._wishes:", "while False:"),
    _ledger.instead(
        "what came between is not overwritten", "self._calls.get(key) is not before", "not before"
    ),
    _supervisor.gone("a refused call is not placed", "raise_if_refused(admission)"),
    _clocks.never(
        "a page seen since the store was lost", "call.seen is None or elapsed(call.seen, lost) <= 0"
    ),
    _watch.gone("a page's silence before the store was lost", "call = self._ledger.judged_alone(call)"),
    _watch.instead(
        "a page's silence is excused once, and not anew when the store is back",
        "if presence_in(call, now) <= 0 < presence_in(alone, now):",
        "if False:",
    ),
    _watch.instead("a store that answers some things only", "if not self._ledger.store_is_away:", "if True:"),
    _ledger.gone("the next loss of the store", "self._lost = None"),
)
