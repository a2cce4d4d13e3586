// Package session is a signed-in account: its sealed keys, access hashes, login, connection and pacing.
//
// An [Account] is either the group owner's own account or the companion bot. [Open] takes hold of its files, [Account.LoginOwner]
// and [Account.LoginBot] sign it in, [Account.Run] connects, hands over an API and closes.
//
// # What it promises
//
//   - The session (the auth key, which is as good as the account itself) is on disk only as a file sealed with age, by an
//     identity file or a passphrase. Files are 0600, the folder 0700, and a write is a new file, synced and renamed. An auth key
//     that is not signed in never replaces one that was: a server that has forgotten the key gets [ErrSessionEnded], and the
//     sealed file stays as it is. That is why gotd's own session storages are not used.
//   - One process holds an account ([HeldError] for the second). Two connections with one key end in AUTH_KEY_DUPLICATED, and
//     the key is dead. The lock is bbolt's own on the account's small database, so nothing stale is left by a crash.
//   - A wait that Telegram asks for is obeyed to the second by all calls of its method, those that queued before it was asked included, in
//     this process and the next; slow mode by those into its supergroup. Of two waits the longer counts, whichever came last. A short
//     wait is slept, a long one is a [WaitError]. PEER_FLOOD, which names no time, is a WaitError of a quarter of an hour, and each time
//     that it comes again of twice as long, up to half a day; the owner's readings of people rest together. This is the only place that knows Telegram's floods: above it there are only
//     errors with a WaitUntil.
//   - The owner's account makes one call at a time, at an interval, within daily budgets on disk ([BudgetError]), by default of lookups,
//     of names and of pages of lists; [Account.Allowance] tells what is left. In quiet hours a call that nobody waits for ([Unattended]) is a [QuietError], at once and
//     unmade; all others go on. Its calls that failed on the way or with a server's 500 are repeated a few times, but never those of auth. Only
//     gotd's own help.getConfig, once a connection, is outside. The bot's calls go side by side, at a rate: when one is told to wait, others may
//     be on their way.
//   - A call returns when its context ends. gotd alone would wait up to 15 seconds more for the server to drop the request.
//   - An error says whether it is about us or about the line: a call without an answer is [ErrConnection] and never looks like a
//     canceled context, although gotd's does. Whether we are shutting down is told by ctx.Err() alone.
//   - The first connection stands within [Config.ConnectTimeout] or Run returns [ErrUnreachable]. Later ones are tried
//     for [Config.OutageTimeout], or for ever.
//   - No code, password, token, phone number or key is in a log, in an error or in a public file.
//
// # What it does not
//
// It knows no groups, participants or updates: it hands over a tg.Client, and errors of Telegram's come through as *tgerr.Error
// with the method's name before them. It keeps no update state: positions belong to the roster, so that a restored roster asks
// again from its own. There is no pool of connections: gotd's makes one request a connection and goes round every middleware.
// contrib's floodwait.Waiter would serialize the whole client, and its SimpleWaiter sleeps each call's own wait only: a call that
// queued would go out inside another's.
//
// A login never uses the connection of an earlier session: it begins with a fresh key and no update handler, so a late 401 of an
// older connection cannot end it.
package session
