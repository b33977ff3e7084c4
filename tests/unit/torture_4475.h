/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 4475, case by case and by its names: the feature that makes the message
 * hostile, in a message of our own.
 */
#ifndef SIPOVER_TESTS_TORTURE_4475_H
#define SIPOVER_TESTS_TORTURE_4475_H

#include "torture.h"

#define R4(x) x x x x
#define R5(x) x x x x x
#define R20(x) R4(x) R4(x) R4(x) R4(x) R4(x)

static const struct torture torture_4475[] = {
	/* ---- 3.1.1 valid: must be understood ---- */
	{
		/* Folds, escapes in quotes, odd case, empty and unknown
		 * headers, compact forms, leading zeroes, 2543 branches. */
		.name = "wsinv", .section = "3.1.1.1",
		.message =
		"INVITE sip:torture@example.com;unknownparam SIP/2.0\r\n"
		"TO :\r\n sip:torture@example.com ;   tag    = 1918181833n\r\n"
		"from   : \"J Caller \\\\\\\"\"       <sip:caller@example.net>\r\n  ;\r\n  tag = 98asjd8\r\n"
		"MaX-fOrWaRdS: 0068\r\n"
		"Call-ID: wsinv.1@192.0.2.1\r\n"
		"Content-Length   : 3\r\n"
		"cseq: 0009\r\n  INVITE\r\n"
		"Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n"
		"s :\r\n"
		"NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
		"UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
		"Content-Type: application/sdp\r\n"
		"Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
		"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
		"  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
		"m:\"Quoted string \\\"\\\"\" <sip:caller@192.0.2.1> ; newparam =\r\n"
		"      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\nv=0",
		.parsed = SIP_OK,
		.answer = 481,	/* its To tag names a dialog that is none */
		.texts = { TEXT(branch, "390skdjuw"), TEXT(to_tag, "1918181833n"),
			   TEXT(from_tag, "98asjd8"), TEXT(sent_by, "192.0.2.2"),
			   TEXT(contact[0].uri, "sip:caller@192.0.2.1") },
		.cseq = 9, .contacts = 1, .body = 3,
	}, {
		/* Every character that the grammar allows where it stands. */
		.name = "intmeth", .section = "3.1.1.2",
		.message =
		"!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\r\n"
		"To: \"BEL:\\\x07 NUL:\\0 DEL:\\7F\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>\r\n"
		"From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\xd1\x80\xd0\xb0\xd0\xb1\";tag=_token~1'+`*%!-.\r\n"
		"Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"
		"CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n"
		"Max-Forwards: 255\r\n"
		"extensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb\r\n"
		EMPTY,
		/* A quoted-pair may hold BEL and the like. */
		.parsed = SIP_NUL, .answer = 0,
		.deviates = "a control byte in a header is refused, quoted or "
			    "not: no phone sends one, and a log or a response "
			    "that carries it does harm",
	}, {
		/* The same without the control bytes is understood. */
		.name = "intmeth", .section = "3.1.1.2, printable",
		.message =
		"!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\r\n"
		"To: \"BEL:\\b NUL:\\0 DEL:\\7F\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>\r\n"
		"From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\xd1\x80\xd0\xb0\xd0\xb1\";tag=_token~1'+`*%!-.\r\n"
		"Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"
		"CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n"
		"Max-Forwards: 255\r\n"
		"extensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb\r\n"
		EMPTY,
		.parsed = SIP_TOO_LONG, .answer = 400,
		.deviates = "a method name has at most 31 bytes here; a longer "
			    "one would be answered 405",
	}, {
		/* %-escapes that are literal parts of user and parameters. */
		.name = "esc01", .section = "3.1.1.3",
		.message =
		"INVITE sip:sips%3Atorture%40example.com@example.net SIP/2.0\r\n"
		"To: sip:%75se%72@example.com\r\n"
		"From: <sip:I%20have%20spaces@example.net>;tag=938\r\n"
		FORWARDS CALL_ID("esc01") CSEQ("INVITE") VIA("esc01")
		"Contact:\r\n  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>\r\n"
		SDP,
		.parsed = SIP_OK, .answer = 180,
		.texts = { TEXT(request_uri, "sip:sips%3Atorture%40example.com@example.net"),
			   TEXT(to_uri, "sip:%75se%72@example.com"),
			   TEXT(from_uri, "sip:I%20have%20spaces@example.net"),
			   TEXT(contact[0].uri, "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31") },
		.contacts = 1, .body = SDP_LEN,
	}, {
		/* %00 is no end of a string. */
		.name = "escnull", .section = "3.1.1.4",
		.message =
		"REGISTER sip:example.com SIP/2.0\r\n"
		"To: sip:null-%00-null@example.com\r\n"
		"From: sip:null-%00-null@example.com;tag=839923423\r\n"
		FORWARDS CALL_ID("escnull") CSEQ("REGISTER") VIA("escnull")
		"Contact: <sip:%00@host5.example.com>\r\nContact: <sip:%00%00@host5.example.com>\r\n"
		"L:0\r\n\r\n",
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(to_uri, "sip:null-%00-null@example.com"),
			   TEXT(contact[0].uri, "sip:%00@host5.example.com"),
			   TEXT(contact[1].uri, "sip:%00%00@host5.example.com") },
		.contacts = 2,
	}, {
		/* A % that begins no escape: in a method, a display name. */
		.name = "esc02", .section = "3.1.1.5",
		.message =
		"RE%47IST%45R sip:registrar.example.com SIP/2.0\r\n"
		"To: \"%Z%45\" <sip:resource@example.com>\r\n"
		"From: \"%Z%45\" <sip:resource@example.com>;tag=f232jadfj23\r\n"
		CALL_ID("esc02") "CSeq: 29344 RE%47IST%45R\r\n"
		"Via: SIP/2.0/TCP host.example.com;rport;branch=z9hG4bK209%fzsnel234\r\n"
		FORWARDS "Contact: <sip:alias1@host1.example.com>\r\n"
		"C%6Fntact: <sip:alias2@host2.example.com>\r\n"
		"Contact: <sip:alias3@host3.example.com>\r\nl: 0\r\n\r\n",
		.parsed = SIP_OK, .answer = 405,	/* no REGISTER */
		.texts = { TEXT(method_name, "RE%47IST%45R"),
			   TEXT(branch, "z9hG4bK209%fzsnel234"),
			   TEXT(contact[1].uri, "sip:alias3@host3.example.com") },
		.cseq = 29344, .contacts = 2,
	}, {
		/* No space between display name and "<". */
		.name = "lwsdisp", .section = "3.1.1.6",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0\r\n"
		TO "From: caller<sip:caller@example.com>;tag=323\r\n"
		FORWARDS CALL_ID("lwsdisp") CSEQ("OPTIONS") VIA("lwsdisp") EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(from_uri, "sip:caller@example.com"),
			   TEXT(from_tag, "323") },
	}, {
		/* Long values in the headers that are read. */
		.name = "longreq", .section = "3.1.1.7",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		"To: \"I have a user name of " R20("extreme") " proportion\" <sip:torture@example.com:6000;unknownparam1=" R20("very") "longvalue;longparameter" R20("very") "name=shortvalue;" R20("very") "LongParameterNameWithNoValue>\r\n"
		"F: sip:" R5("amazinglylong") "callername@example.net;tag=12" R20("982") "424;unknownheaderparam" R20("long") "name=value;unknownValueless" R20("long") "paramname\r\n"
		"Call-ID: longreq.one" R20("really") "longcallid\r\n"
		CSEQ("INVITE") "Unknown-" R20("Long") "-Name: unknown-" R20("long") "-value; unknown-" R20("long") "-parameter-name =  unknown-" R20("long") "-parameter-value\r\n"
		R20("Via: SIP/2.0/TCP sip1.example.com\r\n")
		FORWARDS "Contact: <sip:" R5("amazinglylong") "callername@host5.example.net>\r\n"
		SDP,
		.parsed = SIP_TOO_LONG, .answer = 400,
		.deviates = "fields are bounded: a URI has at most 255 bytes "
			    "here, this To has more",
	}, {
		.name = "longreq", .section = "3.1.1.7, within the bounds",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		"To: \"I have a user name of " R20("extreme") " proportion\" <sip:torture@example.com:6000;unknownparam1=" R20("very") "longvalue>\r\n"
		"F: sip:" R5("amazinglylong") "callername@example.net;tag=12" R20("982") "424;unknownheaderparam" R20("long") "name=value;unknownValueless" R20("long") "paramname\r\n"
		"Call-ID: longreq.one" R5("really") "longcallid\r\n"
		CSEQ("INVITE") "Unknown-" R20("Long") "-Name: unknown-" R20("long") "-value; unknown-" R20("long") "-parameter-name =  unknown-" R20("long") "-parameter-value\r\n"
		VIA("longreq") R20("Via: SIP/2.0/TCP sip1.example.com\r\n")
		FORWARDS "Contact: <sip:" R5("amazinglylong") "callername@host5.example.net>\r\n"
		SDP,
		.parsed = SIP_OK, .answer = 180,
		.texts = { TEXT(from_tag, "12" R20("982") "424"),
			   TEXT(branch, "z9hG4bKlongreq") },
		.contacts = 1, .body = SDP_LEN,
	}, {
		/* A second message behind the first: a datagram is one. */
		.name = "dblreq", .section = "3.1.1.8",
		.message =
		"OPTIONS sip:example.com SIP/2.0\r\n"
		DIALOG("dblreq", "OPTIONS") EMPTY
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("dblreq2", "INVITE") CONTACT SDP,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(method_name, "OPTIONS"),
			   TEXT(branch, "z9hG4bKdblreq") },
	}, {
		/* A semicolon in the user part is no parameter. */
		.name = "semiuri", .section = "3.1.1.9",
		.message =
		"OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0\r\n"
		"To: sip:j_user@example.com\r\n" FROM FORWARDS CALL_ID("semiuri")
		CSEQ("OPTIONS") VIA("semiuri") "Accept: application/sdp\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(request_uri, "sip:user;par=u%40example.net@example.com") },
	}, {
		/* Transports that nobody knows. */
		.name = "transports", .section = "3.1.1.10",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0\r\n"
		TO FROM FORWARDS CALL_ID("transports") CSEQ("OPTIONS")
		"Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKkkd5\r\n"
		"Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkd1\r\n"
		"Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKkd2\r\n"
		"Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bKkd3\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(branch, "z9hG4bKkkd5"),
			   TEXT(sent_by, "t4.example.com") },
	}, {
		/* Binary parts: a body is never looked into. */
		.name = "mpart01", .section = "3.1.1.11",
		.message =
		"MESSAGE sip:torture@example.org SIP/2.0\r\n"
		DIALOG("mpart01", "MESSAGE")
		"Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\r\n"
		"Content-Length: 65\r\n\r\n"
		"--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n"
		"\x82\x01\r",
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(method_name, "MESSAGE") }, .body = 65,
	}, {
		/* UTF-8 in a reason phrase. */
		.name = "unreason", .section = "3.1.1.12",
		.message =
		"SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe\r\n"
		DIALOG("unreason", "INVITE") CONTACT EMPTY,
		.parsed = SIP_OK, .answer = 0,
		.texts = { TEXT(reason, "= 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe") },
	}, {
		/* A reason phrase of no bytes. */
		.name = "noreason", .section = "3.1.1.13",
		.message = "SIP/2.0 100 \r\n" DIALOG("noreason", "INVITE") EMPTY,
		.parsed = SIP_OK, .answer = 0, .texts = { TEXT(reason, "") },
	},

	/* ---- 3.1.2 invalid ---- */
	{
		/* Separators without values in Contact and To, From. */
		.name = "badinv01", .section = "3.1.2.1",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		"To: sip:torture@example.com\r\nFrom: sip:caller@example.net;tag=1\r\n"
		FORWARDS CALL_ID("badinv01") CSEQ("INVITE")
		"Contact: \"Joe\" <sip:joe@example.org>;;;;\r\n"
		"Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n" SDP,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		/* Content-Length beyond the datagram. */
		.name = "clerr", .section = "3.1.2.2",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("clerr", "INVITE") CONTACT
		"Content-Type: application/sdp\r\nContent-Length: 9999\r\n\r\n"
		"v=0\r\n",
		.parsed = SIP_TRUNCATED, .answer = 400,
	}, {
		/* A negative one. */
		.name = "ncl", .section = "3.1.2.3",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("ncl", "INVITE") CONTACT
		"Content-Type: application/sdp\r\nContent-Length: -999\r\n\r\n"
		"v=0\r\n",
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		/* Numbers that no field holds, in a request. */
		.name = "scalar02", .section = "3.1.2.4",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		VIA("scalar02") FROM TO CALL_ID("scalar02")
		"CSeq: 36893488147419103232 INVITE\r\nMax-Forwards: 300\r\n"
		"Expires: 1000000000000000000000000000000\r\n"
		"Contact: <sip:caller@192.0.2.1>;expires=280297596632815\r\n" EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		/* In a response: dropped. */
		.name = "scalarlg", .section = "3.1.2.5",
		.message =
		"SIP/2.0 503 Service Unavailable\r\n"
		VIA("scalarlg") FROM TO CALL_ID("scalarlg")
		"CSeq: 9292394834772304023312 OPTIONS\r\n"
		"Retry-After: 949302838503028349304023988\r\n"
		"Warning: 1812 overture \"In Progress\"\r\n" EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 0,
	}, {
		/* A quoted string that does not end. */
		.name = "quotbal", .section = "3.1.2.6",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		VIA("quotbal") FROM "To: \"Mr J. User <sip:torture@example.com>\r\n"
		CALL_ID("quotbal") CSEQ("INVITE") CONTACT SDP,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		.name = "ltgtruri", .section = "3.1.2.7",
		.message =
		"INVITE <sip:torture@example.com> SIP/2.0\r\n"
		DIALOG("ltgtruri", "INVITE") CONTACT SDP,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		.name = "lwsruri", .section = "3.1.2.8",
		.message =
		"INVITE sip:torture@example.com; lr SIP/2.0\r\n"
		DIALOG("lwsruri", "INVITE") CONTACT SDP,
		.parsed = SIP_BAD_START, .answer = 0,
		.deviates = "should be 400: what has no request line has no "
			    "response here, the sender's timer ends it",
	}, {
		.name = "lwsstart", .section = "3.1.2.9",
		.message =
		"INVITE  sip:torture@example.com  SIP/2.0\r\n"
		DIALOG("lwsstart", "INVITE") CONTACT SDP,
		.parsed = SIP_BAD_START, .answer = 0,
		.deviates = "as lwsruri",
	}, {
		.name = "trws", .section = "3.1.2.10",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0  \r\n"
		DIALOG("trws", "OPTIONS") EMPTY,
		.parsed = SIP_BAD_START, .answer = 0,
		.deviates = "as lwsruri",
	}, {
		/* Headers in a Request-URI must not become ours. */
		.name = "escruri", .section = "3.1.2.11",
		.message =
		"INVITE sip:torture@example.com?Route=%3Csip:example.com%3E SIP/2.0\r\n"
		DIALOG("escruri", "INVITE") CONTACT SDP,
		.parsed = SIP_OK, .answer = 180,
		.deviates = "may be ignored: of the Request-URI only the user "
			    "is read",
		.body = SDP_LEN,
	}, {
		/* Date: not GMT; we do not read it. */
		.name = "baddate", .section = "3.1.2.12",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("baddate", "INVITE") CONTACT
		"Date: Fri, 01 Jan 2010 16:00:00 EST\r\n" SDP,
		.parsed = SIP_OK, .answer = 180, .contacts = 1,
	}, {
		/* A Contact with "?" needs <>. */
		.name = "regbadct", .section = "3.1.2.13",
		.message =
		"REGISTER sip:example.com SIP/2.0\r\n"
		DIALOG("regbadct", "REGISTER")
		"Contact: sip:torture@example.com?Route=%3Csip:sip.example.com%3E\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,	/* no registrar here */
	}, {
		/* Spaces within <>. */
		.name = "badaspec", .section = "3.1.2.14",
		.message =
		"OPTIONS sip:torture@example.org SIP/2.0\r\n"
		VIA("badaspec") FROM "To: \"Watson, Thomas\" < sip:t.watson@example.org >\r\n"
		CALL_ID("badaspec") CSEQ("OPTIONS") EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		/* A comma in a display name that is not quoted. */
		.name = "baddn", .section = "3.1.2.15",
		.message =
		"OPTIONS sip:torture@example.org SIP/2.0\r\n"
		VIA("baddn") "From:    Bell, Alexander <sip:a.g.bell@example.com>;tag=43\r\n"
		TO CALL_ID("baddn") CSEQ("OPTIONS") EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		.name = "badvers", .section = "3.1.2.16",
		.message =
		"OPTIONS sip:torture@example.com SIP/7.0\r\n"
		"Via: SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw\r\n"
		FROM TO CALL_ID("badvers") CSEQ("OPTIONS") EMPTY,
		.parsed = SIP_BAD_START, .answer = 0,
		.deviates = "should be 505: there is no other version, and "
			    "nothing to be built in an unknown one",
	}, {
		.name = "mismatch01", .section = "3.1.2.17",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0\r\n"
		DIALOG("mismatch01", "INVITE") EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		.name = "mismatch02", .section = "3.1.2.18",
		.message =
		"NEWMETHOD sip:torture@example.com SIP/2.0\r\n"
		DIALOG("mismatch02", "INVITE") EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 400,	/* or 501 */
	}, {
		/* 2^32 + 5 is not 5. */
		.name = "bigcode", .section = "3.1.2.19",
		.message =
		"SIP/2.0 4294967301 better not break the receiver\r\n"
		DIALOG("bigcode", "INVITE") CONTACT EMPTY,
		.parsed = SIP_BAD_START, .answer = 0,
	},

	/* ---- 3.2 transaction layer ---- */
	{
		/* The cookie and nothing behind it. */
		.name = "badbranch", .section = "3.2.1",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\r\n"
		FROM TO CALL_ID("badbranch") CSEQ("OPTIONS") EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(branch, "z9hG4bK") },
	},

	/* ---- 3.3 application layer ---- */
	{
		/* No Call-ID, From, To. */
		.name = "insuf", .section = "3.3.1",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		"CSeq: 193942 INVITE\r\n" VIA("insuf") SDP,
		.parsed = SIP_MISSING, .answer = 0,
		.deviates = "should be 400 with what there is: a response "
			    "without From, To, Call-ID matches nothing",
	}, {
		.name = "unkscm", .section = "3.3.2",
		.message =
		"OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n"
		DIALOG("unkscm", "OPTIONS") EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.deviates = "should be 416: the scheme of an OPTIONS is not "
			    "looked at, whoever asks hears that we are there",
	}, {
		/* As a call: for no line. */
		.name = "unkscm", .section = "3.3.2, INVITE",
		.message =
		"INVITE nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n"
		DIALOG("unkscmi", "INVITE") CONTACT SDP,
		.parsed = SIP_OK, .answer = 404,
		.deviates = "should be 416: refused as nobody's all the same",
	}, {
		.name = "novelsc", .section = "3.3.3",
		.message =
		"OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n"
		DIALOG("novelsc", "OPTIONS") EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 400,
		.deviates = "should be 416: no URI to the library",
	}, {
		/* Unknown schemes in To, From, Contact. */
		.name = "unksm2", .section = "3.3.4",
		.message =
		"REGISTER sip:example.com SIP/2.0\r\n"
		VIA("unksm2") "To: isbn:2983792873\r\n"
		"From: <http://www.example.com>;tag=3234233\r\n"
		CALL_ID("unksm2") CSEQ("REGISTER")
		"Contact: <name:John_Smith>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(to_uri, "isbn:2983792873"),
			   TEXT(from_uri, "http://www.example.com") },
	}, {
		/* A Require of what nobody supports. */
		.name = "bext01", .section = "3.3.5",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0\r\n"
		DIALOG("bext01", "OPTIONS")
		"Require: nothingSupportsThis, nothingSupportsThisEither\r\n"
		"Proxy-Require: noProxiesSupportThis\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 420,
	}, {
		.name = "bext01", .section = "3.3.5, INVITE",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("bext01i", "INVITE") CONTACT "Require: 100rel\r\n" SDP,
		.parsed = SIP_OK, .answer = 420,
	}, {
		/* A body of a type that nobody knows. */
		.name = "invut", .section = "3.3.6",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("invut", "INVITE") CONTACT
		"Content-Type: application/unknownformat\r\nContent-Length: 11\r\n\r\n"
		"<audio/>\r\n\n",
		.parsed = SIP_OK, .answer = 180,
		.texts = { TEXT(content_type, "application/unknownformat") },
		.deviates = "should be 415: the session is not ours to judge, "
			    "a body passes through as it is",
		.body = 11,
	}, {
		.name = "regaut01", .section = "3.3.7",
		.message =
		"REGISTER sip:example.com SIP/2.0\r\n"
		DIALOG("regaut01", "REGISTER") CONTACT
		"Authorization: NoOneKnowsThisScheme opaque-data=here\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
	}, {
		/* Headers twice that may be there once. */
		.name = "multi01", .section = "3.3.8",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("multi01", "INVITE") CALL_ID("multi01b")
		"CSeq: 59 INVITE\r\n" "From: <sip:other@example.net>;tag=2\r\n"
		"To: <sip:other@example.com>\r\n" CONTACT SDP,
		.parsed = SIP_DUPLICATE, .answer = 0,
		.deviates = "should be 400: whose it would be cannot be said",
	}, {
		/* Two lengths: which one is smuggled? */
		.name = "mcl01", .section = "3.3.9",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0\r\n"
		DIALOG("mcl01", "OPTIONS")
		"Content-Length: 13\r\nContent-Length: 5\r\n"
		"Content-Type: text/plain\r\n\r\nThere's no way to know how many",
		.parsed = SIP_DUPLICATE, .answer = 400,
	}, {
		/* A response that must not be passed on to a broadcast. */
		.name = "bcast", .section = "3.3.10",
		.message =
		"SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\r\n"
		"Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\r\n"
		FROM "To: <sip:torture@example.com>;tag=2229\r\n" CALL_ID("bcast")
		CSEQ("INVITE") "Contact: <sip:user28@host28.example.com>\r\n" SDP,
		.parsed = SIP_OK, .answer = 0,
		.texts = { TEXT(branch, "z9hG4bK1324923") },
	}, {
		/* Max-Forwards: 0 at its goal. */
		.name = "zeromf", .section = "3.3.11",
		.message =
		"OPTIONS sip:torture@example.com SIP/2.0\r\n"
		VIA("zeromf") FROM TO CALL_ID("zeromf") CSEQ("OPTIONS")
		"Max-Forwards: 0\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 200,
	}, {
		/* Parameters of the Contact, not of its URI. */
		.name = "cparam01", .section = "3.3.12",
		.message =
		"REGISTER sip:example.com SIP/2.0\r\n"
		DIALOG("cparam01", "REGISTER")
		"Contact: sip:+19725552222@gw1.example.net;unknownparam\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(contact[0].uri, "sip:+19725552222@gw1.example.net") },
	}, {
		/* And those of the URI. */
		.name = "cparam02", .section = "3.3.13",
		.message =
		"REGISTER sip:example.com SIP/2.0\r\n"
		DIALOG("cparam02", "REGISTER")
		"Contact: <sip:+19725552222@gw1.example.net;unknownparam>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(contact[0].uri, "sip:+19725552222@gw1.example.net;unknownparam") },
	}, {
		/* A header escaped into the Contact's URI is no header. */
		.name = "regescrt", .section = "3.3.14",
		.message =
		"REGISTER sip:example.com SIP/2.0\r\n"
		DIALOG("regescrt", "REGISTER")
		"Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(contact[0].uri, "sip:user@example.com?Route=%3Csip:sip.example.com%3E") },
	}, {
		/* Accepts no answer that could be given. */
		.name = "sdp01", .section = "3.3.15",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		DIALOG("sdp01", "INVITE") CONTACT
		"Accept: text/nobodyKnowsThis\r\n" SDP,
		.parsed = SIP_OK, .answer = 180,
		.deviates = "should be 406: Accept is not read, whoever offers "
			    "SDP takes SDP",
	},

	/* ---- 3.4 backward compatibility ---- */
	{
		/* No tags, no branch: a call in RFC 2543's way. */
		.name = "inv2543", .section = "3.4.1",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/UDP iftgw.example.com\r\n"
		"From: <sip:+13035551111@ift.client.example.net;user=phone>\r\n"
		"To: <sip:+16505552222@ss1.example.net;user=phone>\r\n"
		CALL_ID("inv2543") "CSeq: 56 INVITE\r\n" CONTACT SDP,
		.parsed = SIP_OK, .answer = 400,
		.texts = { TEXT(from_tag, ""), TEXT(branch, "") },
		.deviates = "should be taken: a dialog without remote tag is "
			    "not kept, no such caller is left",
		.cseq = 56,
	},
};

#endif /* SIPOVER_TESTS_TORTURE_4475_H */
