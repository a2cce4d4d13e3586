package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// export makes a link.
func (s *stage) export(api *tg.Client, q tg.MessagesExportChatInviteRequest) *tg.ChatInviteExported {
	s.t.Helper()
	q.Peer = asPeer(s.group(api))
	got, err := api.MessagesExportChatInvite(s.t.Context(), &q)
	require.NoError(s.t, err)
	return got.(*tg.ChatInviteExported)
}

// comes has a stranger import the link.
func (s *stage) comes(link string) (world.UserID, error) {
	s.t.Helper()
	u := s.stranger()
	_, _, err := s.world.ImportInvite(u, link)
	return u, err
}

func TestInviteLinksEnd(t *testing.T) {
	s := newStage(t, world.Options{Seed: 30, Members: 100})
	twice := s.export(s.owner, tg.MessagesExportChatInviteRequest{UsageLimit: 2, Title: "two chairs"})
	hour := s.export(s.bot, tg.MessagesExportChatInviteRequest{ExpireDate: int(epoch.Add(time.Hour).Unix())})
	assert.Equal(t, int64(s.world.Bot()), hour.AdminID)
	assert.False(t, twice.Permanent)
	first, err := s.comes(twice.Link)
	require.NoError(t, err)
	_, _, err = s.world.ImportInvite(first, twice.Link)
	isErr(t, err, 400, "USER_ALREADY_PARTICIPANT")
	_, err = s.comes(twice.Link)
	require.NoError(t, err)
	_, err = s.comes(twice.Link)
	isErr(t, err, 400, "INVITE_HASH_EXPIRED")
	_, err = s.comes(hour.Link)
	require.NoError(t, err)
	s.clock.advance(time.Hour)
	_, err = s.comes(hour.Link)
	isErr(t, err, 400, "INVITE_HASH_EXPIRED")
	_, err = s.comes("https://t.me/+neverwasalink")
	isErr(t, err, 400, "INVITE_HASH_EXPIRED")
	_, err = s.comes("")
	isErr(t, err, 400, "INVITE_HASH_EMPTY")

	for name, q := range map[string]tg.MessagesExportChatInviteRequest{
		"EXPIRE_DATE_INVALID": {ExpireDate: int(epoch.Unix())},
		"USAGE_LIMIT_INVALID": {UsageLimit: 5, RequestNeeded: true},
	} {
		q.Peer = asPeer(s.group(s.owner))
		_, err := s.owner.MessagesExportChatInvite(t.Context(), &q)
		isErr(t, err, 400, name)
	}
}

func TestInviteLinksAreEditedRevokedAndDeleted(t *testing.T) {
	s := newStage(t, world.Options{Seed: 30, Members: 100})
	since := s.newest()
	peer := asPeer(s.group(s.owner))
	in := s.export(s.owner, tg.MessagesExportChatInviteRequest{Title: "spring"})
	edit := &tg.MessagesEditExportedChatInviteRequest{Peer: peer, Link: in.Link}
	edit.SetTitle("summer")
	edit.SetRequestNeeded(true)
	edited, err := s.owner.MessagesEditExportedChatInvite(t.Context(), edit)
	require.NoError(t, err)
	assert.Equal(t, "summer", edited.GetInvite().(*tg.ChatInviteExported).Title)
	_, err = s.comes(in.Link)
	isErr(t, err, 400, "INVITE_REQUEST_SENT")

	_, err = s.owner.MessagesDeleteExportedChatInvite(t.Context(), &tg.MessagesDeleteExportedChatInviteRequest{Peer: peer, Link: in.Link})
	isErr(t, err, 400, "INVITE_REVOKED_MISSING")
	_, err = s.owner.MessagesEditExportedChatInvite(t.Context(), &tg.MessagesEditExportedChatInviteRequest{Peer: peer, Link: in.Link, Revoked: true})
	require.NoError(t, err)
	_, err = s.comes(in.Link)
	isErr(t, err, 400, "INVITE_HASH_EXPIRED")
	_, err = s.owner.MessagesDeleteExportedChatInvite(t.Context(), &tg.MessagesDeleteExportedChatInviteRequest{Peer: peer, Link: in.Link})
	require.NoError(t, err)
	_, err = s.owner.MessagesGetExportedChatInvite(t.Context(), &tg.MessagesGetExportedChatInviteRequest{Peer: peer, Link: in.Link})
	isErr(t, err, 400, "INVITE_HASH_EXPIRED")

	full, err := s.owner.ChannelsGetFullChannel(t.Context(), s.group(s.owner))
	require.NoError(t, err)
	old := full.FullChat.(*tg.ChannelFull).ExportedInvite.(*tg.ChatInviteExported).Link
	permanent := &tg.MessagesEditExportedChatInviteRequest{Peer: peer, Link: old}
	permanent.SetTitle("no")
	_, err = s.owner.MessagesEditExportedChatInvite(t.Context(), permanent)
	isErr(t, err, 400, "CHAT_INVITE_PERMANENT")
	replaced, err := s.owner.MessagesEditExportedChatInvite(t.Context(), &tg.MessagesEditExportedChatInviteRequest{Peer: peer, Link: old, Revoked: true})
	require.NoError(t, err)
	next := replaced.(*tg.MessagesExportedChatInviteReplaced).NewInvite.(*tg.ChatInviteExported)
	assert.True(t, next.Permanent)
	_, err = s.comes(old)
	isErr(t, err, 400, "INVITE_HASH_EXPIRED")
	_, err = s.comes(next.Link)
	require.NoError(t, err)

	var got []string
	for _, ev := range s.log(tg.ChannelsGetAdminLogRequest{MinID: since}).Events {
		got = append(got, named(ev))
		if e, ok := ev.Action.(*tg.ChannelAdminLogEventActionExportedInviteEdit); ok {
			assert.Equal(t, "spring", e.PrevInvite.(*tg.ChatInviteExported).Title)
			assert.Equal(t, "summer", e.NewInvite.(*tg.ChatInviteExported).Title)
		}
	}
	assert.Equal(t, []string{
		"ParticipantJoinByInvite", "ExportedInviteRevoke", "ExportedInviteDelete", "ExportedInviteRevoke", "ExportedInviteEdit",
	}, got)
}

func TestInviteLinksAreListed(t *testing.T) {
	s := newStage(t, world.Options{Seed: 30, Members: 100})
	peer := asPeer(s.group(s.owner))
	for range 3 {
		s.export(s.owner, tg.MessagesExportChatInviteRequest{})
		s.clock.advance(time.Second)
	}
	byBot := s.export(s.bot, tg.MessagesExportChatInviteRequest{})
	q := &tg.MessagesGetExportedChatInvitesRequest{Peer: peer, AdminID: &tg.InputUserSelf{}, Limit: 2}
	page, err := s.owner.MessagesGetExportedChatInvites(t.Context(), q)
	require.NoError(t, err)
	assert.Equal(t, 4, page.Count)
	require.Len(t, page.Invites, 2)
	assert.True(t, page.Invites[0].(*tg.ChatInviteExported).Permanent)
	q.SetOffsetLink(page.Invites[1].(*tg.ChatInviteExported).Link)
	rest, err := s.owner.MessagesGetExportedChatInvites(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, rest.Invites, 2)
	assert.NotContains(t, page.Invites, rest.Invites[0])

	admins, err := s.owner.MessagesGetAdminsWithInvites(t.Context(), peer)
	require.NoError(t, err)
	assert.Equal(t, []tg.ChatAdminWithInvites{
		{AdminID: int64(s.world.Owner()), InvitesCount: 4}, {AdminID: int64(s.world.Bot()), InvitesCount: 1},
	}, admins.Admins)

	u, err := s.comes(byBot.Link)
	require.NoError(t, err)
	importers := &tg.MessagesGetChatInviteImportersRequest{Peer: peer, OffsetUser: &tg.InputUserEmpty{}, Limit: 100}
	importers.SetLink(byBot.Link)
	who, err := s.owner.MessagesGetChatInviteImporters(t.Context(), importers)
	require.NoError(t, err)
	require.Len(t, who.Importers, 1)
	assert.Equal(t, int64(u), who.Importers[0].UserID)
	got, err := s.owner.MessagesGetExportedChatInvite(t.Context(), &tg.MessagesGetExportedChatInviteRequest{Peer: peer, Link: byBot.Link})
	require.NoError(t, err)
	assert.Equal(t, 1, got.(*tg.MessagesExportedChatInvite).Invite.(*tg.ChatInviteExported).Usage)
	_, err = s.bot.MessagesGetChatInviteImporters(t.Context(), importers)
	isErr(t, err, 400, "BOT_METHOD_INVALID")
}

func TestRule22ImportInviteByAccount(t *testing.T) {
	s := newStage(t, world.Options{Seed: 30, Members: 100})
	cyclists := s.channel(s.owner, "old_town_cyclists")
	exported, err := s.world.ExportInvite(s.named("henk_visser"), world.ChannelID(cyclists.ChannelID), world.LinkDraft{})
	require.NoError(t, err)
	link := exported.Link
	check, err := s.owner.MessagesCheckChatInvite(t.Context(), link)
	require.NoError(t, err)
	assert.IsType(t, &tg.ChatInviteAlready{}, check)
	_, err = s.owner.ChannelsLeaveChannel(t.Context(), cyclists)
	require.NoError(t, err)
	check, err = s.owner.MessagesCheckChatInvite(t.Context(), link)
	require.NoError(t, err)
	assert.Equal(t, "Old Town Cyclists", check.(*tg.ChatInvite).Title)
	in, err := s.owner.MessagesImportChatInvite(t.Context(), link)
	require.NoError(t, err)
	assert.False(t, in.(*tg.MessagesChatInviteJoinResultOk).Updates.(*tg.Updates).Chats[0].(*tg.Channel).Left)
	_, err = s.owner.MessagesImportChatInvite(t.Context(), link)
	isErr(t, err, 400, "USER_ALREADY_PARTICIPANT")
	_, err = s.owner.ChannelsLeaveChannel(t.Context(), cyclists)
	require.NoError(t, err)
	_, err = s.owner.ChannelsJoinChannel(t.Context(), cyclists)
	require.NoError(t, err)

	require.NoError(t, s.world.Leave(s.world.Owner(), world.ChannelID(cyclists.ChannelID)))
	host := s.named("henk_visser")
	asked, err := s.world.ExportInvite(host, world.ChannelID(cyclists.ChannelID), world.LinkDraft{Requests: true})
	require.NoError(t, err)
	check, err = s.owner.MessagesCheckChatInvite(t.Context(), asked.Link)
	require.NoError(t, err)
	assert.True(t, check.(*tg.ChatInvite).RequestNeeded)
	_, err = s.owner.MessagesImportChatInvite(t.Context(), asked.Link)
	isErr(t, err, 400, "INVITE_REQUEST_SENT")
	s.pushes(ownerKey)
	require.NoError(t, s.world.Decide(host, s.world.Owner(), world.ChannelID(cyclists.ChannelID), true))
	assert.NotEmpty(t, s.pushes(ownerKey), "the account hears that it is in")
}

// named finds who has the username.
func (s *stage) named(username string) world.UserID {
	s.t.Helper()
	got, err := s.owner.ContactsResolveUsername(s.t.Context(), &tg.ContactsResolveUsernameRequest{Username: username})
	require.NoError(s.t, err)
	return world.UserID(got.Peer.(*tg.PeerUser).UserID)
}

func TestRule26AddingPeople(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 100, Joins: world.JoinRules{Guarded: 1000}})
	id, owner := s.world.Group().ID, s.world.Owner()
	add := func(users ...world.UserID) (*tg.MessagesInvitedUsers, error) {
		q := &tg.ChannelsInviteToChannelRequest{Channel: s.group(s.owner)}
		for _, u := range users {
			q.Users = append(q.Users, &tg.InputUser{UserID: int64(u), AccessHash: s.world.User(owner, u).AccessHash})
		}
		return s.owner.ChannelsInviteToChannel(t.Context(), q)
	}
	friend, guarded := s.stranger(), s.stranger()
	require.NoError(t, s.world.AddContact(friend, owner, "", ""))
	got, err := add(friend, guarded, friend)
	require.NoError(t, err)
	assert.Equal(t, []tg.MissingInvitee{{UserID: int64(guarded)}}, got.MissingInvitees)
	assert.True(t, s.truth()[int64(friend)].In)
	_, err = add()
	isErr(t, err, 400, "USERS_TOO_FEW")
	left := s.stranger()
	s.act(s.world.Join(left, id))
	s.act(s.world.Leave(left, id))
	_, err = add(left)
	isErr(t, err, 403, "USER_NOT_MUTUAL_CONTACT")

	member := s.some(ordinary)
	require.NoError(t, s.editBanned(s.owner, friend, world.Banned()))
	isErr(t, s.world.Add(member, friend, id), 400, "USER_KICKED")
	require.NoError(t, s.world.Add(owner, friend, id), "who may ban may bring back")
	assert.Equal(t, "member", s.truth()[int64(friend)].Status)
	_, err = s.bot.ChannelsInviteToChannel(t.Context(), &tg.ChannelsInviteToChannelRequest{Channel: s.group(s.bot)})
	isErr(t, err, 400, "BOT_METHOD_INVALID")
}

func TestEveryAdminHasTheirOwnLink(t *testing.T) {
	s := newStage(t, world.Options{Seed: 30, Members: 100})
	link := func(api *tg.Client) *tg.ChatInviteExported {
		full, err := api.ChannelsGetFullChannel(t.Context(), s.group(api))
		require.NoError(t, err)
		in, ok := full.FullChat.(*tg.ChannelFull).GetExportedInvite()
		require.True(t, ok)
		return in.(*tg.ChatInviteExported)
	}
	owners, bots := link(s.owner), link(s.bot)
	assert.Equal(t, int64(s.world.Owner()), owners.AdminID)
	assert.Equal(t, int64(s.world.Bot()), bots.AdminID)
	assert.Equal(t, bots, link(s.bot), "the same each time")
	_, err := s.comes(bots.Link)
	require.NoError(t, err)
	replaced := s.export(s.bot, tg.MessagesExportChatInviteRequest{LegacyRevokePermanent: true})
	assert.Equal(t, replaced.Link, link(s.bot).Link)
	_, err = s.comes(bots.Link)
	isErr(t, err, 400, "INVITE_HASH_EXPIRED")
}
