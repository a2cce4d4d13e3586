package bot_test

import (
	"errors"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

func row(p tg.ChannelParticipantClass) func() (*tg.ChannelsChannelParticipant, error) {
	return func() (*tg.ChannelsChannelParticipant, error) {
		return &tg.ChannelsChannelParticipant{Participant: p, Users: []tg.UserClass{person(ann, "")}}, nil
	}
}

func no(name string) func() (*tg.ChannelsChannelParticipant, error) {
	return func() (*tg.ChannelsChannelParticipant, error) { return nil, tgerr.New(400, name) }
}

func TestLookUp(t *testing.T) {
	s := newServer()
	s.onRow = row(&tg.ChannelParticipant{UserID: ann, Date: 5})
	f, err := speaking(s).LookUp(t.Context(), membership.UserID(ann))
	require.NoError(t, err)
	require.True(t, f.Firm())
	require.Equal(t, membership.In, f.Event.State.Presence)
	require.Equal(t, membership.Instant(1_700_000_500), f.Event.Evidence.At, "the server's time of asking")
	require.NotNil(t, f.Profile)
	require.Equal(t, &tg.ChannelsGetParticipantRequest{
		Channel: &tg.InputChannel{ChannelID: int64(group)}, Participant: &tg.InputPeerUser{UserID: ann},
	}, s.questions[0])

	s.onRow = no("USER_NOT_PARTICIPANT")
	f, err = speaking(s).LookUp(t.Context(), membership.UserID(ann))
	require.NoError(t, err)
	require.Equal(t, membership.Out, f.Event.State.Presence)

	s.onRow = no("PARTICIPANT_ID_INVALID")
	f, err = speaking(s).LookUp(t.Context(), membership.UserID(ann))
	require.NoError(t, err)
	require.False(t, f.Firm(), "no answer is no evidence")

	s.onRow = no("CHANNEL_PRIVATE")
	_, err = speaking(s).LookUp(t.Context(), membership.UserID(ann))
	refusal, ok := errors.AsType[*membership.TelegramError](err)
	require.True(t, ok)
	require.Equal(t, membership.ErrorGroupGone, refusal.Kind)
}

func TestRights(t *testing.T) {
	s := newServer()
	s.onRow = row(&tg.ChannelParticipantAdmin{UserID: int64(self), AdminRights: tg.ChatAdminRights{BanUsers: true}})
	r, err := speaking(s).Rights(t.Context())
	require.NoError(t, err)
	require.Equal(t, membership.Rights{Admin: true, BanUsers: true}, r)
	require.Equal(t, &tg.InputPeerSelf{}, s.questions[0].Participant)

	s.onRow = row(&tg.ChannelParticipant{UserID: int64(self)})
	r, err = speaking(s).Rights(t.Context())
	require.NoError(t, err)
	require.Zero(t, r)

	out := membership.Rights{Out: true}
	s.onRow = no("USER_NOT_PARTICIPANT")
	r, err = speaking(s).Rights(t.Context())
	require.NoError(t, err)
	require.Equal(t, out, r)

	s.onRow = row(&tg.ChannelParticipantLeft{Peer: &tg.PeerUser{UserID: int64(self)}})
	r, err = speaking(s).Rights(t.Context())
	require.NoError(t, err)
	require.Equal(t, out, r)

	s.onRow = no("CHANNEL_PRIVATE")
	_, err = speaking(s).Rights(t.Context())
	refusal, ok := errors.AsType[*membership.TelegramError](err)
	require.True(t, ok)
	require.Equal(t, membership.ErrorGroupGone, refusal.Kind)
}
