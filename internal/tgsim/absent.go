package tgsim

import (
	"time"

	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

// absent is the clients' side of a world that is not served: its methods, which nobody calls. What is done to clients has no
// effect but on their accounts; what cannot be done is an error all the same.
type absent struct{ *rpc.Server }

var _ scenario.Clients = absent{}

// noClients makes it for the world and the number of DCs.
func noClients(w *world.World, dcs int) absent {
	c := rpc.Config{World: w, APIID: apiID, APIHash: apiHash, DC: DC, DCs: make(DCs)}
	for _, dc := range dcOrder[:min(max(dcs, 1), maxDCs)] {
		c.DCs[dc] = ""
	}
	return absent{rpc.New(c)}
}

// EndLogins implements scenario.Clients.
func (a absent) EndLogins(account world.UserID, why rpc.Ending) error { return a.End(account, why) }

// ExpireSalts implements scenario.Clients.
func (absent) ExpireSalts() {}

// Skew implements scenario.Clients.
func (absent) Skew(time.Duration) {}
