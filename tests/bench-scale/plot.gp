# SPDX-License-Identifier: BSD-2-Clause
# gnuplot -e "at='build/bench-scale'" plot.gp: scale.csv to plot.svg.
set datafile separator ","
set terminal svg size 860,420 dynamic noenhanced font "sans-serif,13" \
	background "white"
set output at."/plot.svg"

set title "One daemon, one server dies: what a line costs, by the number of lines"
set logscale x
set xlabel "lines"
set xrange [70:14000]
set ylabel "instructions a line"
set yrange [0:*]
set y2label "bytes a line"
set y2range [0:8000]
set ytics nomirror
set y2tics nomirror
set grid ytics lc rgb "#d0d0d0"
set key below left reverse Left samplen 2 maxrows 2

plot at."/scale.csv" every ::1 using 1:3 axes x1y1 \
		title "instructions of a failover, each line" \
		with linespoints pt 7 lw 1.5 lc rgb "#0060ad", \
	"" every ::1 using 1:2 axes x1y2 \
		title "resident bytes of an idle line (right)" \
		with linespoints pt 5 lw 1.5 lc rgb "#dd181f", \
	4096 axes x1y2 title "the limit for them, 4 KiB" \
		with lines dt 2 lc rgb "#dd181f"
