package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
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
	for kind, key := range signing {
		if err := checkDocument(mustRead(folder, kind+".txt"), kind, keys[key]); err != nil {
			fault("%s.txt: %v", kind, err)
		}
	}
	var newer []struct{ Kind, Why, Note string }
	mustParse(folder, "documents-newer.json", &newer)
	for _, document := range newer {
		if err := checkDocument([]byte(document.Note), document.Kind, keys[signing[document.Kind]]); err != nil {
			fault("documents-newer.json: %q: %v", document.Why, err)
		}
	}
	if err := checkRequest(folder, keys["agent"]); err != nil {
		fault("enrol/request.json: %v", err)
	}
	return append(faults, checkIngest(folder)...)
}

// signing says whose key signs which document.
var signing = map[string]string{"policy": "office", "register": "register", "media": "register"}

// checkDocument holds a document against docs/protocol.md#documents, as far as one need not know its shape.
func checkDocument(signed []byte, kind, key string) error {
	text, err := openSigned(signed, key)
	if err != nil {
		return err
	}
	lines := strings.Split(text, "\n")
	var document struct{ Needs []string }
	if len(lines) != 3 || lines[0] != "shoumi.1/"+kind || json.Unmarshal([]byte(lines[1]), &document) != nil {
		return errors.New("it is no " + kind)
	}
	if len(document.Needs) > 0 {
		return fmt.Errorf("it needs %v", document.Needs)
	}
	return nil
}

// checkRequest opens the certificate request of an enrolment: the agent's name, its key, signed by it.
func checkRequest(folder, agentKey string) error {
	var request struct{ Csr string }
	mustParse(folder, "enrol/request.json", &request)
	block, _ := pem.Decode([]byte(request.Csr))
	if block == nil {
		return errors.New("no PEM")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return err
	}
	if err := csr.CheckSignature(); err != nil {
		return err
	}
	key, ok := csr.PublicKey.(ed25519.PublicKey)
	name := "shoumi.1/" + csr.Subject.CommonName
	if !ok || fmt.Sprintf("%s+%08x+%s", name, keyID(name, append([]byte{1}, key...)), base64.StdEncoding.EncodeToString(append([]byte{1}, key...))) != agentKey {
		return errors.New("it is not of the agent's name and key")
	}
	return nil
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
