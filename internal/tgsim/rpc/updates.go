package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

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
	since := world.ChannelSince{Pts: r.Pts, Limit: r.Limit}
	if f, ok := r.Filter.(*tg.ChannelMessagesFilter); ok {
		since.NoNew = f.ExcludeNewMessages
		for _, rng := range f.Ranges {
			if rng.MinID > rng.MaxID {
				return nil, tgerr.New(400, "RANGES_INVALID")
			}
			since.Ranges = append(since.Ranges, [2]int{rng.MinID, rng.MaxID})
		}
	}
	return answer(s.cfg.World.ChannelDifference(c.Account, id, since))
}
