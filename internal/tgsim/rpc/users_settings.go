package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// registerAccount registers what an account's apps ask about the account. Settings that are changed are not kept: what
// they would change is not simulated.
func (s *Server) registerAccount() {
	register(s, func() *tg.AccountUpdateStatusRequest { return new(tg.AccountUpdateStatusRequest) },
		same[*tg.AccountUpdateStatusRequest](yes), userOnly)
	register(s, func() *tg.AccountUpdateDeviceLockedRequest { return new(tg.AccountUpdateDeviceLockedRequest) },
		same[*tg.AccountUpdateDeviceLockedRequest](yes), userOnly)
	register(s, func() *tg.AccountRegisterDeviceRequest { return new(tg.AccountRegisterDeviceRequest) },
		same[*tg.AccountRegisterDeviceRequest](yes), signedIn)
	register(s, func() *tg.AccountUnregisterDeviceRequest { return new(tg.AccountUnregisterDeviceRequest) },
		same[*tg.AccountUnregisterDeviceRequest](yes), signedIn)
	register(s, func() *tg.AccountGetAccountTTLRequest { return new(tg.AccountGetAccountTTLRequest) },
		same[*tg.AccountGetAccountTTLRequest](func() bin.Encoder { return &tg.AccountDaysTTL{Days: 548} }), userOnly)
	register(s, func() *tg.AccountGetNotifySettingsRequest { return new(tg.AccountGetNotifySettingsRequest) },
		same[*tg.AccountGetNotifySettingsRequest](func() bin.Encoder { return &tg.PeerNotifySettings{} }), userOnly)
	register(s, func() *tg.AccountGetPrivacyRequest { return new(tg.AccountGetPrivacyRequest) },
		same[*tg.AccountGetPrivacyRequest](func() bin.Encoder {
			return &tg.AccountPrivacyRules{Rules: []tg.PrivacyRuleClass{&tg.PrivacyValueAllowAll{}}}
		}), userOnly)
	register(s, func() *tg.AccountGetGlobalPrivacySettingsRequest {
		return new(tg.AccountGetGlobalPrivacySettingsRequest)
	},
		same[*tg.AccountGetGlobalPrivacySettingsRequest](func() bin.Encoder { return &tg.GlobalPrivacySettings{} }), userOnly)
	register(s, func() *tg.AccountGetContentSettingsRequest { return new(tg.AccountGetContentSettingsRequest) },
		same[*tg.AccountGetContentSettingsRequest](func() bin.Encoder { return &tg.AccountContentSettings{} }), userOnly)
	register(s, func() *tg.AccountCheckUsernameRequest { return new(tg.AccountCheckUsernameRequest) }, s.checkUsername, userOnly)
	register(s, func() *tg.MessagesGetDialogFiltersRequest { return new(tg.MessagesGetDialogFiltersRequest) },
		same[*tg.MessagesGetDialogFiltersRequest](func() bin.Encoder {
			return &tg.MessagesDialogFilters{Filters: []tg.DialogFilterClass{&tg.DialogFilterDefault{}}}
		}), userOnly)
	register(s, func() *tg.MessagesGetPinnedDialogsRequest { return new(tg.MessagesGetPinnedDialogsRequest) },
		func(_ context.Context, c caller, _ *tg.MessagesGetPinnedDialogsRequest) (bin.Encoder, error) {
			return &tg.MessagesPeerDialogs{State: *s.cfg.World.State(c.Account)}, nil
		}, userOnly)
	register(s, func() *tg.MessagesGetAllDraftsRequest { return new(tg.MessagesGetAllDraftsRequest) },
		same[*tg.MessagesGetAllDraftsRequest](func() bin.Encoder { return &tg.Updates{Date: int(s.cfg.Now().Unix())} }), userOnly)
	register(s, func() *tg.MessagesGetAvailableReactionsRequest { return new(tg.MessagesGetAvailableReactionsRequest) },
		same[*tg.MessagesGetAvailableReactionsRequest](func() bin.Encoder { return &tg.MessagesAvailableReactions{Hash: 1} }), userOnly)
	register(s, func() *tg.PhotosGetUserPhotosRequest { return new(tg.PhotosGetUserPhotosRequest) }, s.getUserPhotos, signedIn)
	s.registerBotTexts()
}

// checkUsername says whether a username is free.
func (s *Server) checkUsername(_ context.Context, c caller, r *tg.AccountCheckUsernameRequest) (bin.Encoder, error) {
	_, err := s.cfg.World.ResolveUsername(c.Account, r.Username)
	switch {
	case tgerr.Is(err, "USERNAME_NOT_OCCUPIED"):
		return &tg.BoolTrue{}, nil
	case err != nil:
		return nil, err
	}
	return &tg.BoolFalse{}, nil
}

// getUserPhotos returns none: nobody has a picture.
func (s *Server) getUserPhotos(_ context.Context, c caller, r *tg.PhotosGetUserPhotosRequest) (bin.Encoder, error) {
	if _, err := s.cfg.World.ResolveUser(c.Account, r.UserID); err != nil {
		return nil, err
	}
	return &tg.PhotosPhotos{}, nil
}

// registerBotTexts registers what a bot tells about itself when it starts.
func (s *Server) registerBotTexts() {
	register(s, func() *tg.BotsSetBotCommandsRequest { return new(tg.BotsSetBotCommandsRequest) },
		same[*tg.BotsSetBotCommandsRequest](yes), botOnly)
	register(s, func() *tg.BotsResetBotCommandsRequest { return new(tg.BotsResetBotCommandsRequest) },
		same[*tg.BotsResetBotCommandsRequest](yes), botOnly)
	register(s, func() *tg.BotsGetBotCommandsRequest { return new(tg.BotsGetBotCommandsRequest) },
		same[*tg.BotsGetBotCommandsRequest](func() bin.Encoder { return &tg.BotCommandVector{} }), botOnly)
	register(s, func() *tg.BotsSetBotMenuButtonRequest { return new(tg.BotsSetBotMenuButtonRequest) },
		same[*tg.BotsSetBotMenuButtonRequest](yes), botOnly)
	register(s, func() *tg.BotsGetBotMenuButtonRequest { return new(tg.BotsGetBotMenuButtonRequest) },
		same[*tg.BotsGetBotMenuButtonRequest](func() bin.Encoder { return &tg.BotMenuButtonDefault{} }), botOnly)
	register(s, func() *tg.BotsSetBotInfoRequest { return new(tg.BotsSetBotInfoRequest) },
		same[*tg.BotsSetBotInfoRequest](yes), signedIn)
	register(s, func() *tg.BotsGetBotInfoRequest { return new(tg.BotsGetBotInfoRequest) },
		same[*tg.BotsGetBotInfoRequest](func() bin.Encoder { return &tg.BotsBotInfo{} }), signedIn)
}
