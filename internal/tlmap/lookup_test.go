package tlmap_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

var asked = tlmap.Question{
	Group: 500, Kind: membership.Supergroup, User: ann, Sent: time.Unix(1_800_000_000, 123), Recorded: readAt + 4,
}

func said(s membership.State, by membership.UserID) membership.Event {
	return membership.Event{Group: 500, User: ann, State: s, Evidence: membership.Evidence{
		Source: membership.SourceLookup, Grade: membership.GradeA, Ref: 1_800_000_000_000_000_123,
		At: 1_800_000_000, Recorded: readAt + 4, Actor: by,
	}}
}

func TestLookupAnswers(t *testing.T) {
	for _, tt := range []struct {
		name string
		row  tg.ChannelParticipantClass
		err  error
		want membership.Event
	}{
		{"member", member, nil, said(isMember, 0)},
		{"restricted", muted, nil, said(isMuted, admin)},
		{"banned", timed, nil, said(ending(isBanned, 900), admin)},
		{"left", gone, nil, said(hasLeft, 0)},
		{"not a participant", nil, tgerr.New(400, "USER_NOT_PARTICIPANT"), said(hasLeft, 0)},
		{"not a participant, by another code", nil, fmt.Errorf("x: %w", tgerr.New(403, "USER_NOT_PARTICIPANT")), said(hasLeft, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tlmap.Lookup(&tg.ChannelsChannelParticipant{Participant: tt.row}, tt.err, asked)
			require.NoError(t, err)
			require.True(t, got.Firm())
			require.Equal(t, membership.Finding{Event: tt.want}, got)
		})
	}
}

func TestLookupBringsTheProfile(t *testing.T) {
	got, err := tlmap.Lookup(&tg.ChannelsChannelParticipant{Participant: member, Users: []tg.UserClass{
		&tg.User{ID: 4, FirstName: "Bob"}, &tg.UserEmpty{ID: ann}, &tg.User{ID: ann, FirstName: "Ann"},
	}}, nil, asked)
	require.NoError(t, err)
	require.Equal(t, &membership.Profile{User: ann, FirstName: "Ann"}, got.Profile)
}

func TestLookupWithoutFirmAnswer(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    *tg.ChannelsChannelParticipant
		err  error
	}{
		{"participant id", nil, tgerr.New(400, "PARTICIPANT_ID_INVALID")},
		{"user id", nil, tgerr.New(400, "USER_ID_INVALID")},
		{"peer id", nil, tgerr.New(404, "PEER_ID_INVALID")},
		{"somebody else", &tg.ChannelsChannelParticipant{Participant: another}, nil},
		{"a channel", &tg.ChannelsChannelParticipant{Participant: &tg.ChannelParticipantLeft{Peer: &tg.PeerChannel{ChannelID: ann}}}, nil},
		{"nothing", &tg.ChannelsChannelParticipant{}, nil},
		{"no answer at all", nil, nil},
	} {
		got, err := tlmap.Lookup(tt.r, tt.err, asked)
		require.NoError(t, err, tt.name)
		require.False(t, got.Firm(), tt.name)
		require.Zero(t, got.Event, tt.name)
		require.NotEmpty(t, got.Why, tt.name)
	}
}

func TestLookupFails(t *testing.T) {
	_, err := tlmap.Lookup(nil, tgerr.New(403, "CHAT_ADMIN_REQUIRED"), asked)
	var refused *membership.TelegramError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, membership.ErrorRightMissing, refused.Kind)
	require.Equal(t, "channels.getParticipant", refused.Method)

	_, err = tlmap.Lookup(nil, context.DeadlineExceeded, asked)
	require.Equal(t, context.DeadlineExceeded, err)
}

func TestFailure(t *testing.T) {
	for _, tt := range []struct {
		message string
		kind    membership.TelegramErrorKind
	}{
		{"CHAT_ADMIN_REQUIRED", membership.ErrorRightMissing},
		{"CHANNEL_PRIVATE", membership.ErrorGroupGone},
		{"CHANNEL_INVALID", membership.ErrorGroupGone},
		{"TIMEOUT", membership.ErrorTemporary},
		{"INTERDC_4_CALL_ERROR", membership.ErrorTemporary},
		{"USERNAME_NOT_OCCUPIED", membership.ErrorNotFound},
		{"USER_IS_BLOCKED", membership.ErrorBlocked},
		{"INPUT_USER_DEACTIVATED", membership.ErrorDeactivated},
		{"PEER_ID_INVALID", membership.ErrorNeverStarted},
		{"AUTH_KEY_UNREGISTERED", membership.ErrorSession},
		{"SESSION_REVOKED", membership.ErrorSession},
		{"RANDOM_ID_DUPLICATE", membership.ErrorOther},
		{"SOMETHING_NEW", membership.ErrorOther},
	} {
		t.Run(tt.message, func(t *testing.T) {
			for _, code := range []int{400, 403, 406, 420, 500, -503} {
				rpc := tgerr.New(code, tt.message)
				var got *membership.TelegramError
				require.ErrorAs(t, tlmap.Failure("x.y", fmt.Errorf("invoke: %w", rpc)), &got)
				require.Equal(t, tt.kind, got.Kind, "code %d", code)
				require.Equal(t, "x.y", got.Method)
				require.ErrorIs(t, got, error(rpc), "the original stays in the chain")
			}
		})
	}
}

func TestFailurePassesOthersThrough(t *testing.T) {
	require.NoError(t, tlmap.Failure("x.y", nil))
	turned := fmt.Errorf("ask: %w", tlmap.Failure("x.y", tgerr.New(400, "CHANNEL_PRIVATE")))
	held := fmt.Errorf("x.y: %w", heldBackError{})
	for _, err := range []error{turned, held, context.Canceled, errors.New("connection lost"), fmt.Errorf("x: %w", context.DeadlineExceeded)} {
		require.Equal(t, err, tlmap.Failure("x.y", err))
	}
}

// heldBackError is how the session tells of a wait.
type heldBackError struct{}

func (heldBackError) Error() string        { return "held back" }
func (heldBackError) WaitUntil() time.Time { return time.Unix(1, 0) }
