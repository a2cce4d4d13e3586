// Package control is the simulated Telegram's face for tests and demonstrations: plain HTTP and JSON by
// which people are made to act, things are made to go wrong, and the truth is read.
//
// POST /v1/act answers 200 once the effect and its updates are queued, 409 with Telegram's error name if
// Telegram would refuse, 400 for a request that makes no sense. POST /v1/accounts makes a stranger, and tells what
// clients sign in with as one ("login") or as somebody known ("user"). GET /v1/members, /v1/messages and /v1/requests
// tell the truth. /v1/faults, /v1/budgets, /v1/clock, /v1/sessions and /v1/unrest do what lines of a scenario do. The
// clock goes forward only. Ids are bare, times RFC 3339 in UTC, errors {"error": "..."}.
//
// It has no authentication and must be served on loopback only. So that no web page gets at it through its reader's
// browser, requests under another name than a loopback address's and those of other origins are 403. It is no second
// implementation of any rule: it calls the world as the methods do. Acting through ordinary clients instead would need
// an account signed in for every person of the group.
package control
