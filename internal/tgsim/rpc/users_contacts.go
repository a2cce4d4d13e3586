package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerContacts() {
	register(s, func() *tg.ContactsGetContactsRequest { return new(tg.ContactsGetContactsRequest) }, s.getContacts, userOnly)
	register(s, func() *tg.ContactsGetContactIDsRequest { return new(tg.ContactsGetContactIDsRequest) }, s.getContactIDs, userOnly)
	register(s, func() *tg.ContactsGetStatusesRequest { return new(tg.ContactsGetStatusesRequest) }, s.getStatuses, userOnly)
	register(s, func() *tg.ContactsResolvePhoneRequest { return new(tg.ContactsResolvePhoneRequest) }, s.resolvePhone, userOnly)
	register(s, func() *tg.ContactsSearchRequest { return new(tg.ContactsSearchRequest) }, s.searchContacts, userOnly)
	register(s, func() *tg.ContactsGetBlockedRequest { return new(tg.ContactsGetBlockedRequest) }, s.getBlocked, userOnly)
	register(s, func() *tg.MessagesGetCommonChatsRequest { return new(tg.MessagesGetCommonChatsRequest) }, s.getCommonChats, userOnly)
	register(s, func() *tg.ContactsGetTopPeersRequest { return new(tg.ContactsGetTopPeersRequest) },
		same[*tg.ContactsGetTopPeersRequest](func() bin.Encoder { return &tg.ContactsTopPeersDisabled{} }), userOnly)
}

func (s *Server) getContacts(_ context.Context, c caller, _ *tg.ContactsGetContactsRequest) (bin.Encoder, error) {
	ids := s.cfg.World.Contacts(c.Account)
	out := &tg.ContactsContacts{SavedCount: len(ids), Users: s.cfg.World.Users(c.Account, ids)}
	for _, id := range ids {
		out.Contacts = append(out.Contacts, tg.Contact{UserID: int64(id)})
	}
	return out, nil
}

func (s *Server) getContactIDs(_ context.Context, c caller, _ *tg.ContactsGetContactIDsRequest) (bin.Encoder, error) {
	out := &tg.IntVector{}
	for _, id := range s.cfg.World.Contacts(c.Account) {
		out.Elems = append(out.Elems, int(id))
	}
	return out, nil
}

// getStatuses says of all contacts that they were seen recently: when somebody is online is not simulated.
func (s *Server) getStatuses(_ context.Context, c caller, _ *tg.ContactsGetStatusesRequest) (bin.Encoder, error) {
	out := &tg.ContactStatusVector{}
	for _, id := range s.cfg.World.Contacts(c.Account) {
		out.Elems = append(out.Elems, tg.ContactStatus{UserID: int64(id), Status: &tg.UserStatusRecently{}})
	}
	return out, nil
}

// resolvePhone finds who signs in with the number; nobody else has one.
func (s *Server) resolvePhone(_ context.Context, c caller, r *tg.ContactsResolvePhoneRequest) (bin.Encoder, error) {
	id, ok := s.cfg.World.AccountByPhone(digits(r.Phone))
	if !ok {
		return nil, tgerr.New(400, "PHONE_NOT_OCCUPIED")
	}
	return &tg.ContactsResolvedPeer{
		Peer: &tg.PeerUser{UserID: int64(id)}, Users: s.cfg.World.Users(c.Account, []world.UserID{id}),
	}, nil
}

// searchContacts finds who has exactly the username. Telegram finds similar ones too.
func (s *Server) searchContacts(_ context.Context, c caller, r *tg.ContactsSearchRequest) (bin.Encoder, error) {
	if r.Q == "" {
		return nil, tgerr.New(400, "SEARCH_QUERY_EMPTY")
	}
	found, err := s.cfg.World.ResolveUsername(c.Account, r.Q)
	if err != nil {
		return &tg.ContactsFound{}, nil //nolint:nilerr // nobody has the name, or nobody can have it
	}
	return &tg.ContactsFound{Results: []tg.PeerClass{found.Peer}, Chats: found.Chats, Users: found.Users}, nil
}

// getBlocked lists the bots that the account blocked.
func (s *Server) getBlocked(_ context.Context, c caller, r *tg.ContactsGetBlockedRequest) (bin.Encoder, error) {
	ids := s.cfg.World.BlockedBots(c.Account)
	from := min(max(r.Offset, 0), len(ids))
	page := ids[from:min(from+max(r.Limit, 0), len(ids))]
	rows := make([]tg.PeerBlocked, 0, len(page))
	for _, id := range page {
		rows = append(rows, tg.PeerBlocked{PeerID: &tg.PeerUser{UserID: int64(id)}, Date: int(s.cfg.Now().Unix())})
	}
	users := s.cfg.World.Users(c.Account, page)
	if len(page) == len(ids) {
		return &tg.ContactsBlocked{Blocked: rows, Users: users}, nil
	}
	return &tg.ContactsBlockedSlice{Count: len(ids), Blocked: rows, Users: users}, nil
}

// maxCommon is how many common chats come at once.
const maxCommon = 100

func (s *Server) getCommonChats(_ context.Context, c caller, r *tg.MessagesGetCommonChatsRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveUser(c.Account, r.UserID)
	if err != nil {
		return nil, err
	}
	limit := r.Limit
	if limit <= 0 || limit > maxCommon {
		limit = maxCommon
	}
	return &tg.MessagesChats{Chats: s.cfg.World.CommonChats(c.Account, id, r.MaxID, limit)}, nil
}
