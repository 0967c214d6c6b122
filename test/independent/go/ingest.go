package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"regexp"

	"golang.org/x/mod/sumdb/tlog"
)

const maxLine, maxEntries, maxMessage = 64 * 1024, 500, 1024 * 1024

func keyID(name string, typeAndKey []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), typeAndKey...))
	return binary.BigEndian.Uint32(sum[:4])
}

// entry is an event's line, or a tombstone: then line is nil.
type entry struct {
	leaf tlog.Hash
	line []byte
}

// held is what the store has at an index.
type held struct {
	entry
	erased bool // a tombstone by order: no later line fills it
	lost   bool // the tree has it, the store has it no more
}

var tombstoneForm = regexp.MustCompile(`\A\["([0-9a-f]{64})","[ !#-\[\]-~]{0,64}"\]\z`)

func readEntry(line []byte) (entry, bool) {
	if line[0] != '[' {
		return entry{leaf: tlog.RecordHash(line), line: line}, true
	}
	found := tombstoneForm.FindSubmatch(line)
	if found == nil {
		return entry{}, false
	}
	var leaf tlog.Hash
	hex.Decode(leaf[:], found[1])
	return entry{leaf: leaf}, true
}

// rootOf is the Merkle tree hash of the leaves, of at least one.
func rootOf(entries []entry) tlog.Hash {
	var store []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = store[index]
		}
		return found, nil
	})
	for i, e := range entries {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), e.leaf, reader)
		if err != nil {
			panic(err)
		}
		store = append(store, hashes...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), reader)
	if err != nil {
		panic(err)
	}
	return root
}

// outcome is what a collector does with an `events` message.
type outcome struct {
	Outcome     string  `json:"outcome"` // taken, stored-already, refused
	Code        string  `json:"code"`
	Size        *int64  `json:"size"`
	Index       *int64  `json:"index"`
	AnotherBoot []int64 `json:"anotherBoot"`
	Filled      []int64 `json:"filled"`
}

func refused(code string) outcome { return outcome{Outcome: "refused", Code: code} }
func refusedAt(code string, index int64) outcome {
	return outcome{Outcome: "refused", Code: code, Index: &index}
}
func gap(size int64) outcome { return outcome{Outcome: "refused", Code: "gap", Size: &size} }

type header struct {
	Type  *string `json:"type"`
	Epoch *string `json:"epoch"`
	From  *int64  `json:"from"`
}

var epochForm = regexp.MustCompile(`\A` + uuidForm + `\z`)

func readHeader(line []byte) (header, bool) {
	var h header
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&h) != nil || decoder.More() || h.Type == nil || *h.Type != "events" || h.Epoch == nil || h.From == nil {
		return h, false
	}
	return h, epochForm.MatchString(*h.Epoch) && *h.From >= 0 && *h.From < 1e15
}

// ingest does the checks of docs/protocol.md#verification in their order. It does not judge what the lines mean, but for their boot.
func ingest(message []byte, agent, agentKey string, stored []held) (outcome, []entry) {
	if len(message) > maxMessage {
		return refused("size"), nil
	}
	first, body, _ := bytes.Cut(message, []byte("\n"))
	h, ok := readHeader(first)
	if !ok {
		return refused("malformed"), nil
	}
	lines, signed, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return refused("malformed"), nil
	}
	var entries []entry
	for i, line := range bytes.Split(lines, []byte("\n")) {
		index := *h.From + int64(i)
		if i >= maxEntries || len(line) > maxLine {
			return refusedAt("size", index), nil
		}
		if len(line) == 0 {
			return refusedAt("malformed", index), nil
		}
		e, ok := readEntry(line)
		if !ok {
			return refusedAt("malformed", index), nil
		}
		entries = append(entries, e)
	}
	if said, ok := readCheckpoint(textOf(signed)); ok && (said.agent != agent || said.epoch != *h.Epoch) {
		return refused("identity"), nil
	}
	text, err := openSigned(signed, agentKey)
	said, ok := readCheckpoint(text)
	if err != nil || !ok {
		return refused("signature"), nil
	}
	size := int64(len(stored))
	if *h.From > size {
		return gap(size), nil
	}
	if *h.From == 0 && !startsLog(entries[0]) {
		return refusedAt("start", 0), nil
	}
	var joined []entry
	for _, one := range stored {
		joined = append(joined, one.entry)
	}
	filled := []int64{}
	for i, e := range entries {
		at := *h.From + int64(i)
		if at >= size {
			joined = append(joined, e)
			continue
		}
		if stored[at].lost {
			return gap(at), nil
		}
		if stored[at].leaf != e.leaf {
			return refusedAt("fork", at), nil
		}
		if stored[at].line == nil && !stored[at].erased && e.line != nil {
			filled = append(filled, at)
		}
	}
	if said.size != *h.From+int64(len(entries)) {
		return refused("root"), nil
	}
	if int64(len(joined)) == size {
		return outcome{Outcome: "stored-already", Size: &size, Filled: filled}, nil
	}
	if root := rootOf(joined); !bytes.Equal(said.root, root[:]) {
		return refused("root"), nil
	}
	another := ofAnotherBoot(joined, size)
	size = int64(len(joined))
	return outcome{Outcome: "taken", Size: &size, AnotherBoot: another, Filled: filled}, joined
}

// ofAnotherBoot names the entries from that index on which say another boot than the first of their log.
func ofAnotherBoot(log []entry, from int64) []int64 {
	found := []int64{}
	own := bootOf(log[0])
	for i, e := range log {
		if boot := bootOf(e); int64(i) >= from && boot != "" && boot != own {
			found = append(found, int64(i))
		}
	}
	return found
}

// bootOf is empty where an entry says none.
func bootOf(e entry) string {
	var event struct {
		Boot string `json:"boot"`
	}
	if e.line == nil || json.Unmarshal(e.line, &event) != nil || !epochForm.MatchString(event.Boot) {
		return ""
	}
	return event.Boot
}

func startsLog(e entry) bool {
	var event struct {
		Kind string `json:"kind"`
	}
	return e.line != nil && json.Unmarshal(e.line, &event) == nil && event.Kind == "agent.started"
}
