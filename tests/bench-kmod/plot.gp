# SPDX-License-Identifier: BSD-2-Clause
# gnuplot -e "at='build/bench-kmod'" plot.gp: counts.csv to kmod.svg.
set datafile separator ","
set terminal svg size 860,500 dynamic noenhanced font "sans-serif,13" \
	background "white"
set output at."/kmod.svg"

set title "What the module adds to a packet, IPv4, by the number of servers watched"
set xlabel "servers"
set ylabel "instructions"
set logscale xy
set xrange [0.7:1500000]
set yrange [10:20000]
set xtics ("1" 1, "1000" 1000, "100000" 100000, "1000000" 1000000)
set ytics ("10" 10, "20" 20, "60" 60, "100" 100, "200" 200, "500" 500, \
	"1000" 1000, "2000" 2000, "5000" 5000, "10000" 10000)
set grid ytics lc rgb "#d0d0d0"
set tics nomirror
set border 3
set key below left reverse Left samplen 1 maxrows 4

of(what) = sprintf("< awk -F, -v w='%s' '$2 == w' '%s/counts.csv'", what, at)

plot of("error") using 1:3 title "error that matters, to the program that receives it" \
		with linespoints pt 7 lw 1.5 lc rgb "#dd181f", \
	of("nflog") using 1:3 title "the same by an nft rule that logs" \
		with lines dt 2 lw 1.5 lc rgb "#888888", \
	of("in icmp-others") using 1:3 title "ICMP error for others, in" \
		with linespoints pt 5 lc rgb "#0060ad", \
	of("in rtp") using 1:3 title "UDP like RTP, in" \
		with linespoints pt 9 lc rgb "#2b8a3e", \
	of("out rtp") using 1:3 title "UDP like RTP, out" \
		with linespoints pt 8 lc rgb "#2b8a3e", \
	of("in udp-5060") using 1:3 title "UDP by a watched port, another address" \
		with linespoints pt 4 lc rgb "#a05a00", \
	60 title "60 instructions" with lines dt 4 lw 1 lc rgb "#000000"
