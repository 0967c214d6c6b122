package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// cosigner checks signatures of type 0x04 (tlog-cosignature v1), which sumdb/note does not know, and keeps their time.
type cosigner struct {
	name    string
	hash    uint32
	key     ed25519.PublicKey
	seconds uint64
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	c.seconds = binary.BigEndian.Uint64(sig)
	signed := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", c.seconds)), msg...)
	return ed25519.Verify(c.key, signed, sig[8:])
}

// newCosigner reads a verifier key `<name>+<key id>+<base64 of 04 and the public key>`.
func newCosigner(verifierKey string) (*cosigner, error) {
	parts := strings.SplitN(verifierKey, "+", 3) // base64 may hold a plus
	if len(parts) != 3 {
		return nil, errors.New("no verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("no verifier key of type 0x04")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil || uint32(hash) != keyID(parts[0], key) {
		return nil, errors.New("a verifier key with a wrong key id")
	}
	return &cosigner{name: parts[0], hash: uint32(hash), key: key[1:]}, nil
}

type checkpoint struct {
	agent, epoch string
	size         int64
	root         []byte
}

const uuidForm = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var checkpointForm = regexp.MustCompile(
	`\Ashoumi\.1/(` + uuidForm + `)/(` + uuidForm + `)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n\z`)

func readCheckpoint(text string) (checkpoint, bool) {
	found := checkpointForm.FindStringSubmatch(text)
	if found == nil {
		return checkpoint{}, false
	}
	size, _ := strconv.ParseInt(found[3], 10, 64)
	root, err := base64.StdEncoding.DecodeString(found[4])
	return checkpoint{found[1], found[2], size, root}, err == nil && len(root) == 32
}

// textOf is what a note says, whoever signed it.
func textOf(signed []byte) string {
	split := bytes.LastIndex(signed, []byte("\n\n"))
	if split < 0 {
		return ""
	}
	return string(signed[:split+1])
}

// openReceipt gives what a receipt says and when, where this collector made it.
func openReceipt(signed []byte, collectorKey string) (checkpoint, uint64, error) {
	collector, err := newCosigner(collectorKey)
	if err != nil {
		return checkpoint{}, 0, err
	}
	opened, err := note.Open(signed, note.VerifierList(collector))
	if err != nil {
		return checkpoint{}, 0, err
	}
	read, ok := readCheckpoint(opened.Text)
	if !ok {
		return checkpoint{}, 0, errors.New("a receipt for what is no checkpoint of an agent")
	}
	return read, collector.seconds, nil
}

// openSigned gives a note's text, where the holder of this type 0x01 key signed it.
func openSigned(signed []byte, key string) (string, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return "", err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", err
	}
	return opened.Text, nil
}
