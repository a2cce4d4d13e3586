// Package supergroup reads one group through the owner's account: its members page by page, its admin log, and single people.
//
// Promises:
//
//   - Each method makes one call to Telegram, one page's worth, and decides nothing: which page of a walk is next, package walk says. (Page
//     asks again, twice at most, where Telegram answers with nothing at all; List and Find read the chat list to its end.) So a walk can stop
//     after any page and go on in another process.
//   - A page depends on the question, on how many rows came before it and on Telegram's answer only.
//   - Nothing here writes, messages, invites or joins. A private invite link is refused and not followed.
//   - A lookup is dated when its call went out, however long the session held it back before.
//   - Absence from a basic group's list is an answer only where the list is not older than one seen before and has this account in it.
//   - Refusals of Telegram's are *membership.TelegramError; what the session layer returns passes through for errors.Is and As.
//
// Limits: lists move while they are read (they are ordered by activity), so a walk sees some people twice and misses some. That is
// what the certificate says, and why absence from a walk means nothing. What a text has to look like to find somebody is the server's to
// know: a search is passed on as it is.
//
// Why not gotd's iterators: participants' fails on NotModified, members' gives a walk up at the first banned channel and strides by
// a fixed hundred, and neither can go on from a stored position. hash is always 0: a match would hide a change of role behind ids
// that did not change.
package supergroup
