// Package tlmap says in membership's words what Telegram's constructors mean. It is the only place that does: TL's "banned" means
// restricted and TL's "kicked" means banned, and nobody above this floor needs to know.
//
// Promises:
//
//   - Pure and total: no clock, no network, and no input of Telegram's makes it panic. What it cannot read as a statement about a
//     person (a banned channel's row, a person that Telegram does not name) is left out, never guessed.
//   - An event is made of a change's both sides: it says where the person is now, and Moved only where they were not there before.
//   - Two assertions made here never share a membership.Identity.
//   - Telegram's refusals are told apart by name, never by code: one name comes with several codes (telegram.md, error-code caveat).
//     What is not a refusal of Telegram's (a canceled context, a lost connection, our own pacing) passes through untouched. Floods
//     are of the latter kind: the session alone knows their names and obeys them, and its errors say until when.
//
// Limits: a timed ban is handed on with its end and lapses in the fold, not here. Telegram does not always say who acted; then
// Actor is 0.
//
// Why not gotd's peers/members: it drops what evidence is made of (dates, who acted, the ban's end), resolves every person
// through a cache of its own and gives up a list at the first banned channel.
package tlmap
