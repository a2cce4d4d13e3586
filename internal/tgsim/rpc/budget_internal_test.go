package rpc

import (
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// TestRule25AtOnce keeps calls under way for as long as it likes, which no client can.
func TestRule25AtOnce(t *testing.T) {
	const method = "channels.getParticipants"
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := newPurses(func() time.Time { return now }, DefaultBudgets())
	enter := func(c caller) (visit, error) { return p.enter(t.Context(), c, method, &mtproto.Request{}) }
	owner, bot := caller{Account: 1}, caller{Account: 2, Bot: true}
	for range 100 {
		v, err := enter(owner)
		require.NoError(t, err)
		v.leave() // one after the other they never are too many
	}
	var under []visit
	for range 5 {
		v, err := enter(owner)
		require.NoError(t, err)
		under = append(under, v)
	}
	_, err := enter(owner)
	wait, ok := tgerr.AsFloodWait(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, 30*time.Second, wait)
	v, err := enter(bot)
	require.NoError(t, err, "it is the owner who calls too much")
	v.leave()
	for _, v := range under {
		v.leave()
	}
	now = now.Add(29 * time.Second)
	_, err = enter(owner)
	wait, _ = tgerr.AsFloodWait(err)
	assert.Equal(t, time.Second, wait)
	now = now.Add(time.Second)
	v, err = enter(owner)
	require.NoError(t, err)
	v.leave()
}

func TestRule25CallsOverlapByMessageID(t *testing.T) {
	e := ended{session: 7, msgID: 1 << 40, took: time.Millisecond}
	sent := func(session int64, after time.Duration) *mtproto.Request {
		return &mtproto.Request{Session: session, MsgID: 1<<40 + int64(after)}
	}
	assert.True(t, e.overlaps(sent(7, 20*time.Microsecond)), "the answer cannot have been there")
	assert.False(t, e.overlaps(sent(7, 2*time.Millisecond)))
	assert.False(t, e.overlaps(sent(7, -time.Microsecond)), "sent before, but it came later")
	assert.False(t, e.overlaps(sent(8, 20*time.Microsecond)), "another session's ids say nothing")
	assert.False(t, ended{took: time.Hour}.overlaps(&mtproto.Request{}), "there was no call yet")
}
