package main

import (
	"fmt"
	"os"

	"github.com/alicebob/miniredis/v2"
	"github.com/spf13/cobra"
)

// newRedis serves on a free port of the loopback address, and prints the address. REDIS_PASSWORD is the password, as it is
// for the repo server.
func newRedis() *cobra.Command {
	return &cobra.Command{
		Use:  "redis",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server := miniredis.NewMiniRedis()
			server.RequireAuth(os.Getenv("REDIS_PASSWORD"))
			if err := server.StartAddr("127.0.0.1:0"); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), server.Addr()); err != nil {
				return err
			}
			select {} // until the input ends
		},
	}
}
