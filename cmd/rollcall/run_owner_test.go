package main

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/supergroup"
)

// shut is Telegram to an account that is put out of the group until a time, and let in again as an administrator.
type shut struct {
	supergroup.API

	until         time.Time
	asked, looked int
}

func (s *shut) ChannelsGetFullChannel(context.Context, tg.InputChannelClass) (*tg.MessagesChatFull, error) {
	s.asked++
	if time.Now().Before(s.until) {
		return nil, tgerr.New(406, "CHANNEL_PRIVATE")
	}
	readers := &tg.Channel{ID: 7, AccessHash: 77, Title: "Readers", Megagroup: true}
	readers.SetAdminRights(tg.ChatAdminRights{BanUsers: true})
	return &tg.MessagesChatFull{FullChat: &tg.ChannelFull{ID: 7}, Chats: []tg.ChatClass{readers}}, nil
}

func (s *shut) MessagesGetDialogs(context.Context, *tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
	s.looked++
	return &tg.MessagesDialogs{}, nil
}

// An account that was put out of the group is asked about once a minute, and said so once an hour. The group is looked for anew only so often: a day's
// budget of names, or all dialogs each minute, would be spent on it.
func TestAGroupThatIsShutIsNotResolvedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := roster.Open(filepath.Join(t.TempDir(), "roster.db"), roster.Options{})
		require.NoError(t, err)
		defer func() { require.NoError(t, r.Close()) }()
		known := membership.Group{ID: 7, Kind: membership.Supergroup, Title: "Readers", Username: "readers", AccessHash: 77, Admin: true}
		require.NoError(t, r.PutGroup(t.Context(), known))
		core, lines := observer.New(zapcore.InfoLevel)
		cfg := Config{Group: "@readers"}
		l := &live{
			app: &app{now: time.Now}, log: zap.New(core), group: known, cfg: cfg, desk: desk{cfg: cfg, roster: r, now: time.Now},
		}
		telegram := &shut{until: time.Now().Add(10*time.Hour - time.Second)}

		g, err := groupSearch{live: l, api: telegram}.admitted(t.Context())
		require.NoError(t, err)
		assert.True(t, g.Admin)
		assert.Equal(t, 10*60+1, telegram.asked)
		assert.Equal(t, 10*2, telegram.looked, "the main folder and the archive, once an hour")
		assert.LessOrEqual(t, lines.Len(), 2*10, "one line an hour for each of the two refusals")
		stored, _, err := r.Group(t.Context(), 7)
		require.NoError(t, err)
		assert.True(t, stored.Admin)
	})
}
