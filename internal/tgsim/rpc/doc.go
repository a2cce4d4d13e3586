// Package rpc answers Telegram's methods over a world: it knows who is logged in with which auth key,
// who may call what, and how TL requests and answers map to the world's rules.
//
// A login belongs to an auth key. Before it everything but help.* and auth.* answers 401
// AUTH_KEY_UNREGISTERED, after its end 401 SESSION_REVOKED. Unknown methods answer 400 INPUT_METHOD_INVALID. Every
// update of the world is pushed to all keys of its account; keys without a connection miss it, as on Telegram.
// Calls are counted by kind of account and method, with the FLOOD_WAITs answered and those
// that were not waited for.
//
// Limits: one DC, no sign-up, no QR login yet; the login code is the account's fixed one and is
// not sent anywhere.
//
// The rules are not here but in world, so that what a method answers and what people do to each other
// cannot contradict; a table of handlers with canned answers would have been shorter, and wrong
// as soon as two of them meet.
package rpc
