package roster

import (
	"encoding/binary"
	"strings"

	"rollcall/internal/membership"
)

// The buckets of the file; those marked "clustered" hold many entries under a key (clustered.go). What belongs to one group lies in a bucket of its own under bucketGroups, by the group's id.
var (
	bucketMeta     = []byte("meta")     // format name, schema
	bucketBots     = []byte("bots")     // bot → its updates' state
	bucketProfiles = []byte("profiles") // person → profile; clustered
	bucketNames    = []byte("names")    // username in lower case → person; clustered
	bucketAsked    = []byte("asked")    // question or contact → when we took it
	bucketAskedAt  = []byte("asked_at") // when | question or contact
	bucketDue      = []byte("due")      // question → reply that is due
	bucketActions  = []byte("actions")  // id → action
	bucketPending  = []byte("pending")  // id of each action in the outbox
	bucketPlans    = []byte("plans")    // plan id → bucket of the plan
	bucketGroups   = []byte("groups")   // group, by its first id → bucket of the group
	bucketAliases  = []byte("aliases")  // later id of a group → its first

	fileBuckets = [][]byte{
		bucketMeta, bucketBots, bucketProfiles, bucketNames, bucketAsked, bucketAskedAt, bucketDue, bucketActions,
		bucketPending, bucketPlans, bucketGroups, bucketAliases,
	}
)

// The buckets of a group.
var (
	bucketState       = []byte("state")       // single records, by the keys below
	bucketLedger      = []byte("ledger")      // seq → event
	bucketIdentity    = []byte("identity")    // identity → seq
	bucketPeople      = []byte("people")      // person → record; clustered
	bucketSubscribers = []byte("subscribers") // person → subscriber
	bucketAllow       = []byte("allow")       // person → entry of the allow list
	bucketWalks       = []byte("walks")       // walk → walk
	bucketStage       = []byte("stage")       // walk | page | block → the pages of the open walk (stagedpage.go)
	bucketWithheld    = []byte("withheld")    // person → action that the breaker or shadow mode withheld
	bucketRevocations = []byte("revocations") // when | action: what the breaker counts
	bucketNotes       = []byte("notes")       // seq → note
	bucketGaps        = []byte("gaps")        // id → gap that is open
	bucketSettled     = []byte("settled")     // id → gap that is settled
	bucketAdminLog    = []byte("adminlog")    // event id → entry of the admin log

	groupBuckets = [][]byte{
		bucketState, bucketLedger, bucketIdentity, bucketPeople, bucketSubscribers, bucketAllow, bucketWalks, bucketStage,
		bucketWithheld, bucketRevocations, bucketNotes, bucketGaps, bucketSettled,
		bucketAdminLog,
	}
)

// Keys of single records: in bucketMeta, in a group's bucketState, and in the bucket of a plan.
var (
	keyFormat = []byte("format")
	keySchema = []byte("schema")

	keyGroup   = []byte("group")
	keySources = []byte("sources")
	keyTail    = []byte("tail")
	keyEnforce = []byte("enforce")
	keyTally   = []byte("tally")
	keyOwner   = []byte("owner")
	keyRung    = []byte("rung")
	keyDrift   = []byte("drift")
	keyWatch   = []byte("watch")
	keyRemoved = []byte("removed") // since when removals from the allow list are on record

	keyPlan     = []byte("plan")
	keyProgress = []byte("progress")
)

func keyUint(v uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 0, 8), v) }

func keyUser(u membership.UserID) []byte     { return keyUint(uint64(u)) }
func keyGroupID(g membership.GroupID) []byte { return keyUint(uint64(g)) }
func keyWalk(walk uint32) []byte             { return binary.BigEndian.AppendUint32(nil, walk) }
func keyInstant(i membership.Instant) []byte { return keyUint(uint64(i)) }
func keyRow(row int) []byte                  { return keyUint(uint64(row)) }
func keyName(name string) []byte             { return []byte(strings.ToLower(name)) }
func userOf(key []byte) membership.UserID    { return membership.UserID(number(key)) }
func groupOf(key []byte) membership.GroupID  { return membership.GroupID(number(key)) }

// keyBlock is the key of one block of a staged page.
func keyBlock(walk uint32, page, block int) []byte {
	k := binary.BigEndian.AppendUint32(make([]byte, 0, 10), walk)
	k = binary.BigEndian.AppendUint32(k, uint32(page))
	return binary.BigEndian.AppendUint16(k, uint16(block))
}

// splitBlock reads what keyBlock wrote; a key of any other length is of walk 0, which is none.
func splitBlock(key []byte) (walk uint32, page, block int) {
	if len(key) != 10 {
		return 0, 0, 0
	}
	return binary.BigEndian.Uint32(key), int(binary.BigEndian.Uint32(key[4:])), int(binary.BigEndian.Uint16(key[8:]))
}

// number reads what keyUint wrote; a key of any other length is 0, which is the key of nothing.
func number(key []byte) uint64 {
	if len(key) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

// keyIdentity has the reference before the person: references grow, so that new identities go to the end of their source.
func keyIdentity(id membership.Identity) []byte {
	k := make([]byte, 0, 25)
	k = append(k, byte(id.Source))
	k = binary.BigEndian.AppendUint64(k, uint64(id.Origin))
	k = binary.BigEndian.AppendUint64(k, id.Ref)
	return binary.BigEndian.AppendUint64(k, uint64(id.User))
}

func keyRevocation(at membership.Instant, action uint64) []byte {
	return binary.BigEndian.AppendUint64(keyInstant(at), action)
}

func keyReply(k membership.ReplyKey) []byte { return append([]byte{'r'}, k[:]...) }

func keyContact(g membership.GroupID, c membership.Contact) []byte {
	k := append(make([]byte, 0, 34), 'c', byte(c.Kind))
	k = binary.BigEndian.AppendUint64(k, uint64(g))
	k = binary.BigEndian.AppendUint64(k, uint64(c.User))
	k = binary.BigEndian.AppendUint64(k, c.Ref)
	return binary.BigEndian.AppendUint64(k, uint64(c.At))
}

func keyAskedAt(at membership.Instant, asked []byte) []byte { return append(keyInstant(at), asked...) }

func splitAskedAt(key []byte) (membership.Instant, []byte) {
	if len(key) < 8 {
		return 0, nil
	}
	return membership.Instant(number(key[:8])), key[8:]
}
