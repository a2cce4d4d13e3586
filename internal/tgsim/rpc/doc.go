// Package rpc answers Telegram's methods over a world: it knows who is logged in with which auth key,
// who may call what, and how TL requests and answers map to the world's rules.
//
// A login belongs to an auth key. Before it everything but help.*, auth.* and the few others that a client needs on its
// way in (langpack.*, account.getPassword) answers 401 AUTH_KEY_UNREGISTERED, after its end what ended it (Ending).
// Unknown methods answer 400 INPUT_METHOD_INVALID. Every update of the world is pushed to all keys of its account; keys
// without a connection miss it, as on Telegram.
//
// One Server answers for all DCs. An account is at one of them, the main one unless it was moved; at another one its
// number is answered 303 PHONE_MIGRATE_X and everything else USER_MIGRATE_X, and a login that was brought there by
// auth.exportAuthorization gets no updates. LoginRules decide what Telegram does not tell of codes, tokens and sessions.
// What apps ask of their own accord and what has no counterpart here (texts, themes, one's own folders) is answered by
// what is empty and true, so that stock clients start.
//
// Calls are counted by kind of account and method, with the FLOOD_WAITs answered and those
// that were not waited for. Budgets say how often an account may call what; they can be changed and
// waits imposed while clients are connected. Calls at the same time are told by being under way together or, as
// answers take so little time here, by their message ids, and held so that they meet.
//
// Limits: no sign-up and no passkeys, and passwords are changed by the world alone. The login code is the account's fixed
// one; Telegram's own account writes it to the devices that the account has, and an SMS goes nowhere. What a client
// says of itself at initConnection is not kept, so that all sessions of account.getAuthorizations look alike.
//
// The rules are not here but in world, so that what a method answers and what people do to each other
// cannot contradict; a table of handlers with canned answers would have been shorter, and wrong
// as soon as two of them meet.
package rpc
