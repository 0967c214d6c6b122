package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func leafOf(text string) tlog.Hash { return tlog.RecordHash([]byte(text)) }

// partOf is a piece of a message: a text, or one that is repeated.
func partOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var repeated struct {
		Repeat string
		Times  int
	}
	if json.Unmarshal(raw, &repeated) != nil {
		panic("ingest.json: a part that is neither text nor repeated text")
	}
	return strings.Repeat(repeated.Repeat, repeated.Times)
}

// heldOf is what the store has: a text, or {"erased": …}, or {"lost": …}.
func heldOf(raw json.RawMessage) held {
	var text string
	var marked struct{ Erased, Lost string }
	if json.Unmarshal(raw, &text) != nil && json.Unmarshal(raw, &marked) != nil {
		panic("ingest.json: a stored entry that is neither text nor marked")
	}
	e, ok := readEntry([]byte(text + marked.Erased + marked.Lost))
	if !ok {
		panic("ingest.json: a stored entry that is none")
	}
	return held{e, marked.Erased != "", marked.Lost != ""}
}

func checkIngest(folder string) (faults []string) {
	var file struct {
		Agent, VerifierKey string
		Cases              []struct {
			Name    string
			Stored  []json.RawMessage
			Message []json.RawMessage
			Expect  outcome
		}
	}
	mustParse(folder, "ingest.json", &file)
	if len(file.Cases) == 0 {
		return []string{"ingest.json: no cases"}
	}
	for _, c := range file.Cases {
		var stored []held
		for _, raw := range c.Stored {
			stored = append(stored, heldOf(raw))
		}
		message := ""
		for _, raw := range c.Message {
			message += partOf(raw)
		}
		got, _ := ingest([]byte(message), file.Agent, file.VerifierKey, stored)
		if !agrees(got, c.Expect) {
			faults = append(faults, fmt.Sprintf("ingest.json: %q: %s", c.Name, show(got)))
		}
	}
	return faults
}

// agrees compares only what the vector names, beside outcome and code.
func agrees(got, want outcome) bool {
	same := func(got, want *int64) bool { return want == nil || got != nil && *got == *want }
	alike := func(got, want []int64) bool { return want == nil || fmt.Sprint(got) == fmt.Sprint(want) }
	return got.Outcome == want.Outcome && got.Code == want.Code && same(got.Size, want.Size) && same(got.Index, want.Index) &&
		alike(got.AnotherBoot, want.AnotherBoot) && alike(got.Filled, want.Filled)
}

func show(o outcome) string {
	text, _ := json.Marshal(o)
	return string(text)
}

// checkLog opens a log that somebody exported: entries, the agent's checkpoint after the last, the collector's receipt.
func checkLog(folder string) error {
	var keys struct{ Agent, Collector string }
	mustParse(folder, "keys.json", &keys)
	var entries []entry
	for i, line := range bytes.Split(bytes.TrimSuffix(mustRead(folder, "entries.txt"), []byte("\n")), []byte("\n")) {
		if len(line) == 0 {
			return fmt.Errorf("entry %d is empty", i)
		}
		e, ok := readEntry(line)
		if !ok {
			return fmt.Errorf("entry %d is a broken tombstone", i)
		}
		if e.line != nil && !canonical(line) {
			return fmt.Errorf("entry %d is not encoded as it should be", i)
		}
		entries = append(entries, e)
	}
	root := rootOf(entries)
	text, err := openSigned(mustRead(folder, "checkpoint.txt"), keys.Agent)
	if err != nil {
		return fmt.Errorf("checkpoint: %v", err)
	}
	said, ok := readCheckpoint(text)
	if !ok || said.size != int64(len(entries)) || !bytes.Equal(said.root, root[:]) {
		return errors.New("the checkpoint is not of these entries")
	}
	signed := mustRead(folder, "receipt.txt")
	receipt, _, err := openReceipt(signed, keys.Collector)
	if err != nil {
		return fmt.Errorf("receipt: %v", err)
	}
	if _, err := openSigned(signed, keys.Agent); err != nil {
		return fmt.Errorf("the agent's signature in the receipt: %v", err)
	}
	if receipt.agent != said.agent || receipt.epoch != said.epoch || receipt.size != said.size || !bytes.Equal(receipt.root, said.root) {
		return errors.New("the receipt is not for this checkpoint")
	}
	return nil
}
