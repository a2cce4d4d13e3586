package rpc_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// What a client asks of its own accord in its first minute is answered.
func TestRule28AnOrdinaryFirstMinute(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	ctx := t.Context()
	before, user := d.device(1, dc), d.owner(2)
	d.rpc.SignIn(mtproto.KeyID{3}, d.world.Bot())
	bot := d.device(3, dc)
	self := &tg.InputUserSelf{}
	for name, ask := range map[string]func() error{
		"countries": func() error {
			_, err := before.HelpGetCountriesList(ctx, &tg.HelpGetCountriesListRequest{LangCode: "en"})
			return err
		},
		"languages": func() error { _, err := before.LangpackGetLanguages(ctx, "tdesktop"); return err },
		"language": func() error {
			_, err := before.LangpackGetLanguage(ctx, &tg.LangpackGetLanguageRequest{LangCode: "en"})
			return err
		},
		"texts": func() error {
			_, err := before.LangpackGetLangPack(ctx, &tg.LangpackGetLangPackRequest{LangCode: "en"})
			return err
		},
		"text": func() error {
			_, err := before.LangpackGetStrings(ctx, &tg.LangpackGetStringsRequest{Keys: []string{"a"}})
			return err
		},
		"new texts": func() error {
			_, err := before.LangpackGetDifference(ctx, &tg.LangpackGetDifferenceRequest{})
			return err
		},
		"terms":  func() error { _, err := before.HelpGetTermsOfServiceUpdate(ctx); return err },
		"update": func() error { _, err := before.HelpGetAppUpdate(ctx, "x"); return err },
		"zones":  func() error { _, err := before.HelpGetTimezonesList(ctx, 0); return err },
		"colors": func() error { _, err := before.HelpGetPeerColors(ctx, 0); return err },
		"promo":  func() error { _, err := user.HelpGetPromoData(ctx); return err },
		"status": func() error { _, err := user.AccountUpdateStatus(ctx, false); return err },
		"push": func() error {
			_, err := user.AccountRegisterDevice(ctx, &tg.AccountRegisterDeviceRequest{})
			return err
		},
		"contacts": func() error { _, err := user.ContactsGetContacts(ctx, 0); return err },
		"statuses": func() error { _, err := user.ContactsGetStatuses(ctx); return err },
		"blocked": func() error {
			_, err := user.ContactsGetBlocked(ctx, &tg.ContactsGetBlockedRequest{Limit: 9})
			return err
		},
		"top peers": func() error { _, err := user.ContactsGetTopPeers(ctx, &tg.ContactsGetTopPeersRequest{}); return err },
		"folders":   func() error { _, err := user.MessagesGetDialogFilters(ctx); return err },
		"pinned":    func() error { _, err := user.MessagesGetPinnedDialogs(ctx, 0); return err },
		"drafts":    func() error { _, err := user.MessagesGetAllDrafts(ctx); return err },
		"reactions": func() error { _, err := user.MessagesGetAvailableReactions(ctx, 0); return err },
		"photos": func() error {
			_, err := user.PhotosGetUserPhotos(ctx, &tg.PhotosGetUserPhotosRequest{UserID: self})
			return err
		},
		"privacy":  func() error { _, err := user.AccountGetPrivacy(ctx, &tg.InputPrivacyKeyPhoneNumber{}); return err },
		"settings": func() error { _, err := user.AccountGetGlobalPrivacySettings(ctx); return err },
		"notify":   func() error { _, err := user.AccountGetNotifySettings(ctx, &tg.InputNotifyUsers{}); return err },
		"own info": func() error { _, err := user.UsersGetFullUser(ctx, self); return err },
		"commands": func() error {
			_, err := bot.BotsSetBotCommands(ctx, &tg.BotsSetBotCommandsRequest{Scope: &tg.BotCommandScopeDefault{}})
			return err
		},
		"menu":       func() error { _, err := bot.BotsGetBotMenuButton(ctx, self); return err },
		"bot's info": func() error { _, err := bot.BotsGetBotInfo(ctx, &tg.BotsGetBotInfoRequest{LangCode: "en"}); return err },
	} {
		assert.NoError(t, ask(), name)
	}
	again, err := before.HelpGetCountriesList(ctx, &tg.HelpGetCountriesListRequest{Hash: 1})
	require.NoError(t, err)
	assert.IsType(t, &tg.HelpCountriesListNotModified{}, again)
}

func TestRule13PeopleByPhoneAndName(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	ctx, owner := t.Context(), d.world.Owner()
	api := d.owner(1)
	found, err := api.ContactsResolvePhone(ctx, "+"+d.world.Phone(owner))
	require.NoError(t, err)
	assert.Equal(t, &tg.PeerUser{UserID: int64(owner)}, found.Peer)
	_, err = api.ContactsResolvePhone(ctx, "4915100000000")
	isErr(t, err, 400, "PHONE_NOT_OCCUPIED")
	name := d.world.Username(d.world.Bot())
	hits, err := api.ContactsSearch(ctx, &tg.ContactsSearchRequest{Q: name})
	require.NoError(t, err)
	require.Len(t, hits.Results, 1)
	hits, err = api.ContactsSearch(ctx, &tg.ContactsSearchRequest{Q: "nobody_at_all"})
	require.NoError(t, err)
	assert.Empty(t, hits.Results)
	_, err = api.ContactsSearch(ctx, &tg.ContactsSearchRequest{})
	isErr(t, err, 400, "SEARCH_QUERY_EMPTY")
	for name, free := range map[string]bool{name: false, "nobody_at_all": true} {
		got, err := api.AccountCheckUsername(ctx, name)
		require.NoError(t, err)
		assert.Equal(t, free, got, name)
	}
	_, err = api.AccountCheckUsername(ctx, "!")
	isErr(t, err, 400, "USERNAME_INVALID")

	stranger, _ := d.world.Stranger()
	require.NoError(t, d.world.Join(stranger, d.world.Group().ID))
	u := d.world.User(owner, stranger)
	common, err := api.MessagesGetCommonChats(ctx, &tg.MessagesGetCommonChatsRequest{UserID: u.AsInput()})
	require.NoError(t, err)
	require.Len(t, common.GetChats(), 1)
	assert.Equal(t, int64(d.world.Group().ID), common.GetChats()[0].GetID())
	require.NoError(t, d.world.Block(owner, d.world.Bot()))
	blocked, err := api.ContactsGetBlocked(ctx, &tg.ContactsGetBlockedRequest{Limit: 10})
	require.NoError(t, err)
	assert.Equal(t, int64(d.world.Bot()), blocked.(*tg.ContactsBlocked).Blocked[0].PeerID.(*tg.PeerUser).UserID)
}

// Who comes as min has no access hash of use, and is named by the message they came with.
func TestRule13MinUsers(t *testing.T) {
	for _, minimal := range []bool{false, true} {
		d := newDoorstep(t, world.Options{Seed: 1, MinUsers: minimal}, rpc.LoginRules{})
		ctx, owner, group := t.Context(), d.world.Owner(), d.world.Group()
		api := d.owner(1)
		d.rpc.SignIn(mtproto.KeyID{2}, d.world.Bot())
		author, _ := d.world.Stranger()
		require.NoError(t, d.world.Join(author, group.ID))
		d.pushes(mtproto.KeyID{1})
		d.pushes(mtproto.KeyID{2})
		_, err := d.world.Say(author, group.ID, "hello")
		require.NoError(t, err)

		news := d.pushes(mtproto.KeyID{1})
		require.NotEmpty(t, news)
		u := news[0].Users[0].(*tg.User)
		require.Equal(t, int64(author), u.ID)
		assert.Equal(t, minimal, u.Min)
		_, err = api.UsersGetFullUser(ctx, &tg.InputUser{UserID: u.ID, AccessHash: u.AccessHash})
		if minimal {
			isErr(t, err, 400, "USER_ID_INVALID")
		} else {
			require.NoError(t, err)
		}
		for _, u := range d.pushes(mtproto.KeyID{2}) {
			for _, one := range u.Users {
				assert.False(t, one.(*tg.User).Min, "bots need no hashes")
			}
		}

		m := news[0].Updates[0].(*tg.UpdateNewChannelMessage).Message.(*tg.Message)
		where := d.world.User(owner, owner) // its hash is not the group's
		in := d.group(api)
		peer := &tg.InputPeerChannel{ChannelID: in.ChannelID, AccessHash: in.AccessHash}
		by := &tg.InputUserFromMessage{Peer: peer, MsgID: m.ID, UserID: int64(author)}
		full, err := api.UsersGetFullUser(ctx, by)
		require.NoError(t, err)
		assert.Equal(t, int64(author), full.FullUser.ID)
		row, err := api.ChannelsGetParticipant(ctx, &tg.ChannelsGetParticipantRequest{
			Channel: in, Participant: &tg.InputPeerUserFromMessage{Peer: peer, MsgID: m.ID, UserID: int64(author)},
		})
		require.NoError(t, err)
		assert.Equal(t, int64(author), idOf(row.Participant))
		for _, c := range []struct {
			in   tg.InputUserFromMessage
			name string
		}{
			{tg.InputUserFromMessage{Peer: peer, MsgID: m.ID, UserID: int64(owner)}, "USER_ID_INVALID"},
			{tg.InputUserFromMessage{Peer: peer, MsgID: m.ID + 1000, UserID: int64(author)}, "MSG_ID_INVALID"},
			{tg.InputUserFromMessage{Peer: &tg.InputPeerChannel{ChannelID: in.ChannelID, AccessHash: where.AccessHash}, MsgID: m.ID, UserID: int64(author)}, "CHANNEL_INVALID"},
			{tg.InputUserFromMessage{Peer: &tg.InputPeerSelf{}, MsgID: m.ID, UserID: int64(author)}, "MSG_ID_INVALID"},
		} {
			_, err := api.UsersGetFullUser(ctx, &c.in)
			isErr(t, err, 400, c.name)
		}
		_, err = d.device(2, dc).UsersGetFullUser(ctx, by)
		isErr(t, err, 400, "FROM_MESSAGE_BOT_DISABLED")
	}
}
