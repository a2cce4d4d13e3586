package bot

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
)

// In the package itself: what the update manager is not shown leaves no other trace.
func TestStrain(t *testing.T) {
	message := &tg.UpdateNewMessage{Message: &tg.Message{ID: 1}, Pts: 5, PtsCount: 1}
	member := &tg.UpdateChannelParticipant{Qts: 7}
	press := &tg.UpdateBotCallbackQuery{QueryID: 1}
	noise := []tg.UpdateClass{
		&tg.UpdateNewChannelMessage{Message: &tg.Message{PeerID: &tg.PeerChannel{ChannelID: 1}}, Pts: 5, PtsCount: 1},
		&tg.UpdateEditChannelMessage{Message: &tg.Message{PeerID: &tg.PeerChannel{ChannelID: 1}}, Pts: 5, PtsCount: 1},
		&tg.UpdateChannelTooLong{ChannelID: 1},
		&tg.UpdateUserStatus{UserID: 1},
		&tg.UpdateBotNewBusinessMessage{Qts: 0},
		&tg.UpdateReadHistoryInbox{Pts: 0},
	}
	kept := []tg.UpdateClass{message, member, press, &tg.UpdateBotChatBoost{Qts: 8}, &tg.UpdatePtsChanged{}}
	users := []tg.UserClass{&tg.User{ID: 1}}
	mixed := append(append([]tg.UpdateClass{}, noise...), kept...)

	b := New(Config{})
	want := &tg.Updates{Updates: kept, Users: users, Date: 3}
	u, ok := b.strain(&tg.Updates{Updates: mixed, Users: users, Date: 3, Seq: 9})
	require.True(t, ok)
	require.Equal(t, want, u, "the container's own number goes")
	u, ok = b.strain(&tg.UpdatesCombined{Updates: mixed, Users: users, Date: 3, Seq: 9, SeqStart: 8})
	require.True(t, ok)
	require.Equal(t, want, u)
	_, ok = b.strain(&tg.Updates{Updates: noise, Seq: 9})
	require.False(t, ok)
	_, ok = b.strain(&tg.UpdateShort{Update: noise[0]})
	require.False(t, ok)
	_, ok = b.strain(&tg.UpdateShort{Update: member})
	require.True(t, ok)
	_, ok = b.strain(&tg.UpdatesTooLong{})
	require.True(t, ok)
}

func TestTonguesForgetTheLongestSilent(t *testing.T) {
	var m tongues
	m.remember(1, "ru")
	m.remember(1, "")
	require.Equal(t, "ru", m.of(1), "no language is no news")
	for i := range int64(tongueGeneration) {
		m.remember(10+i, "de")
	}
	require.Equal(t, "ru", m.of(1))
	m.remember(1, "") // heard from again
	for i := range int64(tongueGeneration) {
		m.remember(100_000+i, "de")
	}
	require.Equal(t, "ru", m.of(1))
	require.False(t, m.knows(10))
	require.LessOrEqual(t, len(m.now)+len(m.old), 2*tongueGeneration)
}
