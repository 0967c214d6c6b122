package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// checkVectors holds what this program computes against every vector, and names each that differs.
func checkVectors(folder string) (faults []string) {
	fault := func(format string, values ...interface{}) { faults = append(faults, fmt.Sprintf(format, values...)) }
	keys := keysOf(folder)

	var trees struct {
		Leaves []struct{ Text, Hash string }
		Roots  []struct {
			Size int
			Root string
		}
	}
	mustParse(folder, "trees.json", &trees)
	var leaves []entry
	for _, leaf := range trees.Leaves {
		e := entry{leaf: leafOf(leaf.Text)}
		if hex.EncodeToString(e.leaf[:]) != leaf.Hash {
			fault("trees.json: leaf hash of %q", leaf.Text)
		}
		leaves = append(leaves, e)
	}
	for _, tree := range trees.Roots {
		if tree.Size == 0 {
			continue // tlog gives zeros for the empty tree where RFC 6962 has SHA-256 of nothing
		}
		if root := rootOf(leaves[:tree.Size]); hex.EncodeToString(root[:]) != tree.Root {
			fault("trees.json: root of size %d", tree.Size)
		}
	}

	var lines []struct {
		Name, Line, Leaf string
		Encoding         bool
	}
	mustParse(folder, "lines.json", &lines)
	for _, line := range lines {
		if canonical([]byte(line.Line)) != line.Encoding {
			fault("lines.json: encoding of %q", line.Name)
		}
		if leaf := leafOf(line.Line); hex.EncodeToString(leaf[:]) != line.Leaf {
			fault("lines.json: leaf hash of %q", line.Name)
		}
	}

	var receipts []struct {
		Name, Note string
		Seconds    uint64
	}
	mustParse(folder, "receipts.json", &receipts)
	for _, receipt := range receipts {
		_, seconds, err := openReceipt([]byte(receipt.Note), keys["collector"])
		if (err == nil) != (receipt.Seconds != 0) || err == nil && seconds != receipt.Seconds {
			fault("receipts.json: %q: %d %v", receipt.Name, seconds, err)
		}
	}
	for _, made := range []string{"foreign-made", "messages"} {
		if err := checkMessages(folder+"/"+made, keys); err != nil {
			fault("%s: %v", made, err)
		}
	}
	for file, key := range map[string]string{"policy": "office", "register": "register"} {
		text, err := openSigned(mustRead(folder, file+".txt"), keys[key])
		if err != nil || !strings.HasPrefix(text, "shoumi.1/"+file+"\n{") || strings.Count(text, "\n") != 2 {
			fault("%s.txt: %v", file, err)
		}
	}
	return append(faults, checkIngest(folder)...)
}

// checkMessages takes the `events` message into an empty store and opens the receipt for it.
func checkMessages(folder string, keys map[string]string) error {
	agent := strings.TrimPrefix(strings.SplitN(keys["agent"], "+", 2)[0], "shoumi.1/")
	got, entries := ingest(mustRead(folder, "events.txt"), agent, keys["agent"], nil)
	if got.Outcome != "taken" {
		return fmt.Errorf("events.txt: %s %s", got.Outcome, got.Code)
	}
	message := mustRead(folder, "receipt.txt")
	signed := bytes.TrimPrefix(message, []byte("{\"type\":\"receipt\"}\n"))
	receipt, _, err := openReceipt(signed, keys["collector"])
	if err != nil {
		return err
	}
	if root := rootOf(entries); receipt.size != int64(len(entries)) || !bytes.Equal(receipt.root, root[:]) {
		return errors.New("the receipt is for something else")
	}
	if _, err := openSigned(signed, keys["agent"]); err != nil {
		return fmt.Errorf("the agent's signature in the receipt: %v", err)
	}
	return nil
}

func keysOf(folder string) map[string]string {
	var file struct {
		Keys []struct{ Of, VerifierKey string }
	}
	mustParse(folder, "keys.json", &file)
	keys := map[string]string{}
	for _, key := range file.Keys {
		keys[key.Of] = key.VerifierKey
	}
	return keys
}
