package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerUsers() {
	register(s, func() *tg.UsersGetUsersRequest { return new(tg.UsersGetUsersRequest) }, s.getUsers, signedIn)
	register(s, func() *tg.UsersGetFullUserRequest { return new(tg.UsersGetFullUserRequest) }, s.getFullUser, signedIn)
	register(s, func() *tg.ContactsResolveUsernameRequest {
		return new(tg.ContactsResolveUsernameRequest)
	}, s.resolveUsername, signedIn)
	s.registerContacts()
	s.registerAccount()
}

// getUsers answers userEmpty for an id that nobody has, and USER_ID_INVALID for a wrong hash.
func (s *Server) getUsers(_ context.Context, c caller, r *tg.UsersGetUsersRequest) (bin.Encoder, error) {
	out := &tg.UserClassVector{Elems: make([]tg.UserClass, 0, len(r.ID))}
	for _, in := range r.ID {
		if u, ok := in.(*tg.InputUser); ok && s.cfg.World.User(c.Account, world.UserID(u.UserID)) == nil {
			out.Elems = append(out.Elems, &tg.UserEmpty{ID: u.UserID})
			continue
		}
		id, err := s.cfg.World.ResolveUser(c.Account, in)
		if err != nil {
			return nil, err
		}
		out.Elems = append(out.Elems, s.cfg.World.User(c.Account, id))
	}
	return out, nil
}

func (s *Server) getFullUser(_ context.Context, c caller, r *tg.UsersGetFullUserRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveUser(c.Account, r.ID)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.FullUser(c.Account, id))
}

func (s *Server) resolveUsername(
	_ context.Context, c caller, r *tg.ContactsResolveUsernameRequest,
) (bin.Encoder, error) {
	return answer(s.cfg.World.ResolveUsername(c.Account, r.Username))
}

// answer keeps a nil *T of a refusal from becoming an encoder that is not nil.
func answer[T bin.Encoder](out T, err error) (bin.Encoder, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}
