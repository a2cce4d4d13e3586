package membership

import "fmt"

// TelegramErrorKind is what a refusal of Telegram's means for the caller. Codes vary per method and over the years; kinds do not.
type TelegramErrorKind uint8

// The kinds of refusal.
const (
	ErrorOther        TelegramErrorKind = iota
	ErrorRightMissing                   // the account lacks an admin right that the call needs
	ErrorGroupGone                      // the account is no longer in the group, or the group is private to it
	ErrorTemporary                      // Telegram's own trouble; the same call may work later
	ErrorNotFound                       // no such name, person or message
	ErrorBlocked                        // the person blocked the bot
	ErrorDeactivated                    // the person deleted their account
	ErrorNeverStarted                   // the person never started the bot, or Telegram does not know them
	ErrorSession                        // the account is not signed in any more
	ErrorTextRefused                    // the text of the call is none that Telegram takes
)

// TelegramError is a refusal of Telegram's in Rollcall's words. Name is Telegram's own, for parentheses.
type TelegramError struct {
	Kind   TelegramErrorKind
	Name   string
	Method string
	Err    error
}

func (e *TelegramError) Error() string {
	return fmt.Sprintf("%s: Telegram refused (%s)", e.Method, e.Name)
}

func (e *TelegramError) Unwrap() error { return e.Err }

// MigratedError says that a basic group became a supergroup: its id refuses from then on.
type MigratedError struct {
	From GroupID
	To   GroupID // the supergroup's; 0 where Telegram did not say
}

func (e *MigratedError) Error() string {
	if e.To == 0 {
		return "the basic group became a supergroup"
	}
	return fmt.Sprintf("the basic group became the supergroup %d", Group{ID: e.To, Kind: Supergroup}.Marked())
}

// Sent is what came of a message to somebody.
type Sent struct {
	// Contact is what Telegram's refusal said about the dialog: blocked, deactivated. Nil where it said nothing.
	Contact *Contact
	// Gone says that the message can never be delivered; trying again is pointless. Why says why.
	Gone bool
	Why  string
}
