// A Kubernetes control plane in one program, for tests: etcd, kube-apiserver or kube-controller-manager, as the first
// argument says; the rest are the arguments of that one.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/pkg/controller/job"
)

// Twice a second at first, at most every 5 s: what Kubernetes does in 10 s and 10 min, in the time a test has.
const firstBackOff, longestBackOff = 500 * time.Millisecond, 5 * time.Second

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: control_plane etcd|kube-apiserver|kube-controller-manager OPTIONS...")
		os.Exit(2)
	}
	component := os.Args[1]
	os.Args = os.Args[1:]
	switch component {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		job.DefaultJobPodFailureBackOff, job.MaxJobPodFailureBackOff = firstBackOff, longestBackOff
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	default:
		fmt.Fprintf(os.Stderr, "%s: no component %q\n", filepath.Base(os.Args[0]), component)
		os.Exit(2)
	}
}
