package tgsim

import (
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/gotd/td/exchange"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of keys there are too few in a test's time, so these only have the parts of which a fingerprint is made.
func TestNoKeyHasAFingerprintThatBeginsWithZero(t *testing.T) {
	generated := 0
	for range 100 {
		k, err := knownToAll(func() (*rsa.PrivateKey, error) {
			generated++
			return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: big.NewInt(int64(generated)), E: 65537}}, nil
		})
		require.NoError(t, err)
		assert.NotZero(t, uint64(exchange.PrivateKey{RSA: k}.Fingerprint())>>60)
	}
	assert.Greater(t, generated, 100, "some were passed over")
}
