# SPDX-License-Identifier: BSD-2-Clause
# gnuplot -e "at='build/bench'" plot.gp: medians.csv and silent.csv to plot.svg.
set datafile separator ","
set terminal svg size 860,500 dynamic noenhanced font "sans-serif,13" \
	background "white"
set output at."/plot.svg"

# Where those stand that never come: above everything, not at their time.
never = 700.0
stats at."/medians.csv" every ::1 using ($1 == 0 ? $3 : NaN) name "limit" nooutput
stats at."/medians.csv" every ::1 using ($1 == 2 ? $3 : NaN) name "nua" nooutput

set title "A dead primary: time to the first SIP packet to the backup, each point " \
	."the median of one repetition"
set logscale y
set yrange [5:1000]
set ytics ("5 us" 5, "10 us" 10, "20 us" 20, "50 us" 50, "100 us" 100, \
	"200 us" 200, "500 us" 500)
set grid ytics lc rgb "#d0d0d0"
set xrange [-0.6:6.6]
set tics nomirror
set border 3
set key below left reverse Left samplen 1 maxrows 4

name(column) = stringcolumn(column) eq "sipoverd_register" ? \
	"sipoverd,\nREGISTER first" : stringcolumn(column)

plot at."/medians.csv" every ::1 \
		using ($1-0.2):3 title "INVITE to A until first packet to B" \
		with points pt 7 ps 1 lc rgb "#0060ad", \
	"" every ::1 using 1:4:xtic(name(2)) \
		title "ICMP error until first packet to B" \
		with points pt 5 ps 0.9 lc rgb "#dd181f", \
	"" every ::1 using ($1+0.2):5 \
		title "the same, the program asleep when the error comes" \
		with points pt 9 ps 1.1 lc rgb "#2b8a3e", \
	at."/silent.csv" every ::1 \
		using 1:(stringcolumn(3) eq "none" ? never : $3):xtic(name(2)) \
		title "no packet to B within 12 s (not to scale)" \
		with points pt 8 ps 1.3 lc rgb "#444444", \
	"" every ::1 using 1:(never):(stringcolumn(3) eq "none" ? "> 12 s" : "") \
		notitle with labels left offset 1.2, 0, \
	2 * limit_median title "twice the limit, for the blue points" \
		with lines dt 2 lw 1.5 lc rgb "#0060ad", \
	nua_median title "nua, for the blue points" \
		with lines dt 4 lw 1.5 lc rgb "#888888"
