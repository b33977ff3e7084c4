/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
#include <linux/linkage.h>

/* As if it were KCOV's own function, which then sees the same caller. */
SYM_FUNC_START(sipover_cover_pc)
	mov	(%rsp), %rdi
	call	sipover_cover_note
	jmp	__sanitizer_cov_trace_pc
SYM_FUNC_END(sipover_cover_pc)
