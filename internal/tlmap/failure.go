package tlmap

import (
	"errors"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/membership"
)

// Failure turns a refusal of Telegram's into a *membership.TelegramError that keeps the original in its chain. Any other error is
// returned as it is, and so is one that was turned before. method is the TL name of the call, as "channels.getParticipants".
func Failure(method string, err error) error {
	var already *membership.TelegramError
	rpc, ok := tgerr.As(err)
	if !ok || errors.As(err, &already) {
		return err
	}
	return &membership.TelegramError{Kind: kinds[rpc.Type], Name: rpc.Type, Method: method, Err: err}
}

// kinds are the refusals that mean something to a caller, by name without their number. Every other one is ErrorOther. The floods
// are not among them: of those only the session hears.
var kinds = map[string]membership.TelegramErrorKind{
	"CHAT_ADMIN_REQUIRED":        membership.ErrorRightMissing,
	"CHAT_ADMIN_INVITE_REQUIRED": membership.ErrorRightMissing,
	"CHAT_WRITE_FORBIDDEN":       membership.ErrorRightMissing,
	"RIGHT_FORBIDDEN":            membership.ErrorRightMissing,
	"USER_ADMIN_INVALID":         membership.ErrorRightMissing,

	"CHANNEL_PRIVATE":            membership.ErrorGroupGone,
	"CHANNEL_PUBLIC_GROUP_NA":    membership.ErrorGroupGone, // TDLib treats the two alike
	"CHANNEL_INVALID":            membership.ErrorGroupGone,
	"CHANNEL_PARICIPANT_MISSING": membership.ErrorGroupGone, // sic
	"CHAT_FORBIDDEN":             membership.ErrorGroupGone,
	"CHAT_ID_INVALID":            membership.ErrorGroupGone,

	"INTERDC_CALL_ERROR":            membership.ErrorTemporary,
	"INTERDC_CALL_RICH_ERROR":       membership.ErrorTemporary,
	"INTERNAL":                      membership.ErrorTemporary,
	"INTERNAL_SERVER_ERROR":         membership.ErrorTemporary,
	"MSG_WAIT_FAILED":               membership.ErrorTemporary,
	"MSG_WAIT_TIMEOUT":              membership.ErrorTemporary,
	"PERSISTENT_TIMESTAMP_OUTDATED": membership.ErrorTemporary,
	"RPC_CALL_FAIL":                 membership.ErrorTemporary,
	"RPC_MCGET_FAIL":                membership.ErrorTemporary,
	"TIMEOUT":                       membership.ErrorTemporary,
	"Timeout":                       membership.ErrorTemporary, // the transport's -503 is spelled so
	"Timedout":                      membership.ErrorTemporary,
	"WORKER_BUSY_TOO_LONG_RETRY":    membership.ErrorTemporary,
	"AUTH_KEY_UNSYNCHRONIZED":       membership.ErrorTemporary,

	"USERNAME_INVALID":       membership.ErrorNotFound,
	"USERNAME_NOT_OCCUPIED":  membership.ErrorNotFound,
	"USER_ID_INVALID":        membership.ErrorNotFound,
	"USER_NOT_PARTICIPANT":   membership.ErrorNotFound,
	"PARTICIPANT_ID_INVALID": membership.ErrorNotFound,
	"MESSAGE_ID_INVALID":     membership.ErrorNotFound,
	"MSG_ID_INVALID":         membership.ErrorNotFound,

	"USER_IS_BLOCKED":        membership.ErrorBlocked,
	"INPUT_USER_DEACTIVATED": membership.ErrorDeactivated,
	"USER_DELETED":           membership.ErrorDeactivated,
	"PEER_ID_INVALID":        membership.ErrorNeverStarted, // of a person; telegram.md §6.2

	"AUTH_KEY_DUPLICATED":   membership.ErrorSession,
	"AUTH_KEY_INVALID":      membership.ErrorSession,
	"AUTH_KEY_UNREGISTERED": membership.ErrorSession,
	"SESSION_EXPIRED":       membership.ErrorSession,
	"SESSION_REVOKED":       membership.ErrorSession,
	"USER_DEACTIVATED":      membership.ErrorSession, // our own account
	"USER_DEACTIVATED_BAN":  membership.ErrorSession,

	"INPUT_FETCH_ERROR":  membership.ErrorTextRefused, // no UTF-8, for one
	"SEARCH_QUERY_EMPTY": membership.ErrorTextRefused,
	"QUERY_TOO_SHORT":    membership.ErrorTextRefused,
}
