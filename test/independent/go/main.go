// Checks Shoumi's evidence with code that is not Shoumi's: Debian's golang-golang-x-mod-dev (sumdb/note, sumdb/tlog) and
// what docs/protocol.md says. Nothing here was taken from the product.
//
//	vectors FOLDER   holds this program against test/fixtures/protocol
//	log FOLDER       opens a log: keys.json {agent, collector}, entries.txt, checkpoint.txt, receipt.txt
//
// Exit 0: all holds; 1: something does not, and what; 2: wrong usage.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: check vectors|log FOLDER")
		os.Exit(2)
	}
	folder := os.Args[2]
	var faults []string
	switch os.Args[1] {
	case "vectors":
		faults = checkVectors(folder)
	case "log":
		if err := checkLog(folder); err != nil {
			faults = []string{err.Error()}
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: check vectors|log FOLDER")
		os.Exit(2)
	}
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	if len(faults) > 0 {
		os.Exit(1)
	}
	fmt.Println("all holds")
}

func mustRead(folder, name string) []byte {
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return content
}

func mustParse(folder, name string, into interface{}) {
	if err := json.Unmarshal(mustRead(folder, name), into); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(2)
	}
}
