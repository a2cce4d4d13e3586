package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerChats() {
	register(s, func() *tg.MessagesAddChatUserRequest { return new(tg.MessagesAddChatUserRequest) }, s.addChatUser, userOnly)
	register(s, func() *tg.MessagesDeleteChatUserRequest {
		return new(tg.MessagesDeleteChatUserRequest)
	}, s.deleteChatUser, signedIn)
	register(s, func() *tg.MessagesEditChatAdminRequest {
		return new(tg.MessagesEditChatAdminRequest)
	}, s.editChatAdmin, userOnly)
	register(s, func() *tg.MessagesEditChatTitleRequest {
		return new(tg.MessagesEditChatTitleRequest)
	}, s.editChatTitle, signedIn)
	register(s, func() *tg.MessagesMigrateChatRequest { return new(tg.MessagesMigrateChatRequest) }, s.migrateChat, userOnly)
}

func (s *Server) addChatUser(_ context.Context, c caller, r *tg.MessagesAddChatUserRequest) (bin.Encoder, error) {
	u, err := s.cfg.World.ResolveUser(c.Account, r.UserID)
	if err != nil {
		return nil, err
	}
	updates, err := s.cfg.World.AddChatUser(c.Account, world.ChatID(r.ChatID), u)
	if _, err := s.done(c)(updates, err); err != nil {
		return nil, err
	}
	return &tg.MessagesInvitedUsers{Updates: updates}, nil
}

func (s *Server) deleteChatUser(_ context.Context, c caller, r *tg.MessagesDeleteChatUserRequest) (bin.Encoder, error) {
	u, err := s.cfg.World.ResolveUser(c.Account, r.UserID)
	if err != nil {
		return nil, err
	}
	return s.done(c)(s.cfg.World.DeleteChatUser(c.Account, world.ChatID(r.ChatID), u))
}

func (s *Server) editChatAdmin(_ context.Context, c caller, r *tg.MessagesEditChatAdminRequest) (bin.Encoder, error) {
	u, err := s.cfg.World.ResolveUser(c.Account, r.UserID)
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.World.EditChatAdmin(c.Account, world.ChatID(r.ChatID), u, r.IsAdmin); err != nil {
		return nil, err
	}
	return &tg.BoolTrue{}, nil
}

func (s *Server) editChatTitle(_ context.Context, c caller, r *tg.MessagesEditChatTitleRequest) (bin.Encoder, error) {
	return s.done(c)(s.cfg.World.EditChatTitle(c.Account, world.ChatID(r.ChatID), r.Title))
}

func (s *Server) migrateChat(_ context.Context, c caller, r *tg.MessagesMigrateChatRequest) (bin.Encoder, error) {
	return s.done(c)(s.cfg.World.MigrateChat(c.Account, world.ChatID(r.ChatID)))
}
