"""A module of an operator's that needs another one."""

import a_module_that_is_not_installed  # type: ignore[import-not-found]  # noqa: F401
