package rpc

import (
	"context"
	"errors"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerGuard() {
	register(s, func() *tg.BotsSetJoinChatResultsRequest {
		return new(tg.BotsSetJoinChatResultsRequest)
	}, s.setJoinChatResults, botOnly)
}

func (s *Server) setJoinChatResults(_ context.Context, c caller, r *tg.BotsSetJoinChatResultsRequest) (bin.Encoder, error) {
	return isTrue(s.cfg.World.AnswerGuard(c.Account, r.QueryID, r.Result))
}

func (s *Server) toggleJoinRequest(
	_ context.Context, c caller, r *tg.ChannelsToggleJoinRequestRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	d := world.DoorSettings{Requests: r.Enabled, Links: r.ApplyToInvites}
	if bot, ok := r.GetGuardBot(); ok {
		if d.Guard, err = s.cfg.World.ResolveUser(c.Account, bot); err != nil {
			return nil, err
		}
	}
	return s.changed(c, id, s.cfg.World.SetDoor(c.Account, id, d))
}

// entered answers who has come in or not: a guard bot decides while their call waits.
func (s *Server) entered(ctx context.Context, c caller, id world.ChannelID, refused error) (bin.Encoder, error) {
	var g *world.GuardedError
	switch {
	case refused == nil:
		return s.joined(c, id)
	case !errors.As(refused, &g):
		return nil, refused
	}
	late := time.NewTimer(world.GuardLife + time.Second) // if the world's clock stands still
	defer late.Stop()
	select {
	case <-g.Decided:
	case <-late.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch s.cfg.World.GuardVerdict(g).(type) {
	case nil:
		return nil, tgerr.New(400, "JOIN_GUARD_TIMEOUT")
	case *tg.JoinChatBotResultApproved:
		return s.joined(c, id)
	case *tg.JoinChatBotResultDeclined:
		return nil, tgerr.New(400, "INVITE_REQUEST_DECLINED")
	case *tg.JoinChatBotResultWebView:
		return &tg.MessagesChatInviteJoinResultWebView{
			BotID: int64(g.Bot), QueryID: g.Query, Users: s.cfg.World.Users(c.Account, []world.UserID{g.Bot}),
		}, nil
	}
	return nil, tgerr.New(400, "INVITE_REQUEST_SENT")
}
