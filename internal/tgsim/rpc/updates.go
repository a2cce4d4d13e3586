package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerUpdates() {
	register(s, func() *tg.UpdatesGetStateRequest { return new(tg.UpdatesGetStateRequest) }, s.getState, signedIn)
	register(s, func() *tg.UpdatesGetDifferenceRequest {
		return new(tg.UpdatesGetDifferenceRequest)
	}, s.getDifference, signedIn)
	register(s, func() *tg.UpdatesGetChannelDifferenceRequest {
		return new(tg.UpdatesGetChannelDifferenceRequest)
	}, s.getChannelDifference, signedIn)
}

func (s *Server) getState(_ context.Context, c caller, _ *tg.UpdatesGetStateRequest) (bin.Encoder, error) {
	return s.cfg.World.State(c.Account), nil
}

func (s *Server) getDifference(_ context.Context, c caller, r *tg.UpdatesGetDifferenceRequest) (bin.Encoder, error) {
	return answer(s.cfg.World.Difference(c.Account, world.Since{
		Pts: r.Pts, Qts: r.Qts, Date: r.Date,
		PtsLimit: r.PtsLimit, PtsTotalLimit: r.PtsTotalLimit, QtsLimit: r.QtsLimit,
	}))
}

func (s *Server) getChannelDifference(
	_ context.Context, c caller, r *tg.UpdatesGetChannelDifferenceRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.ChannelDifference(c.Account, id, r.Pts))
}
