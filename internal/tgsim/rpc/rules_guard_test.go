package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// guarded is a stage whose group asks the bot about everybody who comes.
func guarded(t *testing.T) *stage {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	q := &tg.ChannelsToggleJoinRequestRequest{Channel: s.group(s.owner), Enabled: true, ApplyToInvites: true}
	q.SetGuardBot(s.world.User(s.world.Owner(), s.world.Bot()).AsInput())
	_, err := s.owner.ChannelsToggleJoinRequest(t.Context(), q)
	require.NoError(t, err)
	s.pushes(ownerKey)
	s.pushes(botKey)
	return s
}

// knock is somebody's call that waits for the guard.
type knock struct {
	user   world.UserID
	key    mtproto.KeyID
	query  int64
	answer chan tg.MessagesChatInviteJoinResultClass
	err    chan error
}

// knocks has a newcomer join by the group's name, and waits until the bot has been asked.
func (s *stage) knocks(n byte) *knock {
	s.t.Helper()
	k := &knock{user: s.stranger(), answer: make(chan tg.MessagesChatInviteJoinResultClass, 1), err: make(chan error, 1)}
	api, key := s.enlisted(k.user, n)
	k.key = key
	c := s.group(api)
	s.pushes(botKey)
	go func() { // the test reads both channels
		got, err := api.ChannelsJoinChannel(s.t.Context(), c)
		k.answer <- got
		k.err <- err
	}()
	require.Eventually(s.t, func() bool {
		for _, up := range s.told(botKey) {
			if r, ok := up.(*tg.UpdateBotChatInviteRequester); ok {
				k.query = r.QueryID
			}
		}
		return k.query != 0
	}, 5*time.Second, time.Millisecond)
	return k
}

func (s *stage) verdict(query int64, v tg.JoinChatBotResultClass) error {
	_, err := s.bot.BotsSetJoinChatResults(s.t.Context(), &tg.BotsSetJoinChatResultsRequest{QueryID: query, Result: v})
	return err
}

func TestRule22TheGuardDecides(t *testing.T) {
	s := guarded(t)
	full, err := s.owner.ChannelsGetFullChannel(t.Context(), s.group(s.owner))
	require.NoError(t, err)
	assert.Equal(t, int64(s.world.Bot()), full.FullChat.(*tg.ChannelFull).GuardBotID)

	in := s.knocks(11)
	assert.Empty(t, s.pushes(ownerKey), "the guard is asked first")
	require.NoError(t, s.verdict(in.query, &tg.JoinChatBotResultApproved{}))
	assert.IsType(t, &tg.MessagesChatInviteJoinResultOk{}, <-in.answer)
	require.NoError(t, <-in.err)
	assert.Equal(t, "member", s.truth()[int64(in.user)].Status)
	isErr(t, s.verdict(in.query, &tg.JoinChatBotResultApproved{}), 400, "QUERY_ID_INVALID")

	out := s.knocks(12)
	require.NoError(t, s.verdict(out.query, &tg.JoinChatBotResultDeclined{}))
	isErr(t, <-out.err, 400, "INVITE_REQUEST_DECLINED")
	isErr(t, s.decide(s.owner, out.user, true), 400, "HIDE_REQUESTER_MISSING")

	queued := s.knocks(13)
	s.pushes(ownerKey)
	require.NoError(t, s.verdict(queued.query, &tg.JoinChatBotResultQueued{}))
	isErr(t, <-queued.err, 400, "INVITE_REQUEST_SENT")
	assert.Equal(t, 1, s.told(ownerKey)[0].(*tg.UpdatePendingJoinRequests).RequestsPending)
	require.NoError(t, s.decide(s.owner, queued.user, true))

	decided := s.knocks(14)
	require.NoError(t, s.decide(s.owner, decided.user, true))
	assert.IsType(t, &tg.MessagesChatInviteJoinResultOk{}, <-decided.answer)
	isErr(t, s.verdict(decided.query, &tg.JoinChatBotResultDeclined{}), 400, "QUERY_ID_INVALID")
}

func TestRule22TheGuardShowsAPage(t *testing.T) {
	s := guarded(t)
	k := s.knocks(11)
	require.NoError(t, s.verdict(k.query, &tg.JoinChatBotResultWebView{URL: "https://example.org/ask"}))
	page := (<-k.answer).(*tg.MessagesChatInviteJoinResultWebView)
	assert.Equal(t, [2]int64{int64(s.world.Bot()), k.query}, [2]int64{page.BotID, page.QueryID})
	assert.Len(t, page.Users, 1)
	s.clock.advance(time.Minute)
	s.pushes(k.key)
	require.NoError(t, s.verdict(k.query, &tg.JoinChatBotResultApproved{}))
	var told tg.UpdateClass
	for _, up := range s.told(k.key) {
		if _, ok := up.(*tg.UpdateJoinChatWebViewDecision); ok {
			told = up
		}
	}
	assert.Equal(t, &tg.UpdateJoinChatWebViewDecision{
		Peer: &tg.PeerChannel{ChannelID: int64(s.world.Group().ID)}, QueryID: k.query, Result: &tg.JoinChatBotResultApproved{},
	}, told)
	assert.Equal(t, "member", s.truth()[int64(k.user)].Status)
}

func TestRule22TheGuardHasTenSeconds(t *testing.T) {
	s := guarded(t)
	k := s.knocks(11)
	s.clock.advance(10 * time.Second)
	s.world.Pass()
	assert.Empty(t, k.answer)
	s.pushes(ownerKey)
	s.clock.advance(time.Second)
	s.world.Pass()
	isErr(t, <-k.err, 400, "JOIN_GUARD_TIMEOUT")
	assert.Equal(t, 1, s.told(ownerKey)[0].(*tg.UpdatePendingJoinRequests).RequestsPending, "now it is the admins'")
	isErr(t, s.verdict(k.query, &tg.JoinChatBotResultApproved{}), 400, "QUERY_ID_INVALID")
	require.NoError(t, s.decide(s.bot, k.user, true))
}

func TestRule22WhomAGuardIsNotAskedAbout(t *testing.T) {
	s := guarded(t)
	u := s.stranger()
	isErr(t, s.world.Join(u, s.world.Group().ID), 400, "INVITE_REQUEST_SENT")
	asked := s.told(botKey)[0].(*tg.UpdateBotChatInviteRequester)
	require.NotZero(t, asked.QueryID, "acts do not wait, but the guard is asked")
	require.NoError(t, s.verdict(asked.QueryID, &tg.JoinChatBotResultApproved{}))
	assert.Equal(t, "member", s.truth()[int64(u)].Status)

	c, id := s.group(s.owner), s.world.Group().ID
	_, err := s.world.EditAdmin(s.world.Owner(), s.world.Bot(), id, tg.ChatAdminRights{BanUsers: true}, "")
	require.NoError(t, err)
	s.pushes(botKey)
	isErr(t, s.world.Join(s.stranger(), id), 400, "INVITE_REQUEST_SENT")
	assert.Empty(t, s.pushes(botKey), "it may not let people in any more")
	q := &tg.ChannelsToggleJoinRequestRequest{Channel: c, Enabled: true}
	q.SetGuardBot(s.world.User(s.world.Owner(), s.world.Bot()).AsInput())
	_, err = s.owner.ChannelsToggleJoinRequest(t.Context(), q)
	isErr(t, err, 400, "BOT_INVALID")
	require.NoError(t, s.world.SetDoor(s.world.Owner(), id, world.DoorSettings{}))
	isErr(t, s.world.SetDoor(s.world.Owner(), id, world.DoorSettings{}), 400, "CHAT_NOT_MODIFIED")
	require.NoError(t, s.world.Join(s.stranger(), id))
}

func TestRule22LinksAskOnlyIfToldTo(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	link := s.export(s.owner, tg.MessagesExportChatInviteRequest{Title: "door"}).Link
	needed := func() bool {
		got, err := s.world.CheckInvite(s.stranger(), link)
		require.NoError(t, err)
		return got.(*tg.ChatInvite).RequestNeeded
	}
	set := func(d world.DoorSettings) {
		require.NoError(t, s.world.SetDoor(s.world.Owner(), s.world.Group().ID, d))
	}
	set(world.DoorSettings{Requests: true})
	assert.False(t, needed())
	_, err := s.comes(link)
	require.NoError(t, err)
	set(world.DoorSettings{Requests: true, Links: true})
	assert.True(t, needed())
	_, err = s.comes(link)
	isErr(t, err, 400, "INVITE_REQUEST_SENT")
	id := s.world.Group().ID
	isErr(t, s.world.JoinByLink(s.stranger(), id), 400, "INVITE_REQUEST_SENT")
	isErr(t, s.world.JoinByFolder(s.stranger(), id), 400, "INVITE_REQUEST_SENT")
	require.NoError(t, s.world.JoinByCommunity(s.stranger(), id))
}

func TestRule22AnotherAdminWroteFirst(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	u, _, _ := s.asks()
	bot, owner := s.world.Bot(), s.world.Owner()
	write := func(from world.UserID, random int64) error {
		_, err := s.world.Send(from, u, world.Draft{Text: "why?", RandomID: random})
		return err
	}
	require.NoError(t, write(bot, 1))
	require.NoError(t, write(owner, 2))
	require.NoError(t, write(bot, 3), "the bot was first")
	u, _, _ = s.asks()
	require.NoError(t, write(owner, 4))
	isErr(t, write(bot, 5), 400, "PEER_ID_INVALID")
	isErr(t, s.world.Typing(bot, world.Peer{User: u}, &tg.SendMessageTypingAction{}), 400, "PEER_ID_INVALID")
}
