// Pins the containerlab that farmlab builds where none is on PATH; go.sum holds its checksum. Only `go mod download` reads these.
module farmlab/containerlab

go 1.26.0

require github.com/srl-labs/containerlab v0.79.0
